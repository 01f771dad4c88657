package bot

// replySamples is the data for the answers to commands: reply.go.
func replySamples() map[string][]any { return nil }

package bot

import "maps"

// Samples returns, for every template, data to execute it on: at start, so that
// a faulty template is found before anything is sent, and in tests. Together the
// samples of a template take every branch of it. People and projects in them are
// invented.
func Samples() map[string][]any {
	all := checkSamples()
	maps.Copy(all, replySamples())
	return all
}

// checkSamples is the data for what the Projektcheck says: words.go.
func checkSamples() map[string][]any {
	return map[string][]any{"error.internal": {Internal{}}}
}

//go:build !goolm

package matrix

// Without the tag, mautrix wants the C library libolm. With it, everything is Go.
var _ = build_with_tags_goolm__go_build_tags_goolm

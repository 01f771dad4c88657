package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by a release build (-ldflags "-X main.version=v1.2.3"); else the build information says.
var version string

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			info, _ := debug.ReadBuildInfo()
			_, err := fmt.Fprintf(a.stdout, "lotse %s\n%s %s/%s\n", versionOf(version, info), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// versionOf is the release, else the module's version, else the commit it was built from.
func versionOf(release string, info *debug.BuildInfo) string {
	if info == nil {
		return cmp.Or(release, "unknown")
	}
	setting := map[string]string{}
	for _, s := range info.Settings {
		setting[s.Key] = s.Value
	}
	module := info.Main.Version
	if module == "(devel)" {
		module = "development"
	}
	text := cmp.Or(release, module, "development")
	if commit := setting["vcs.revision"]; len(commit) >= 12 && release == "" {
		text += " (" + commit[:12]
		if setting["vcs.modified"] == "true" {
			text += ", changed"
		}
		text += ")"
	}
	return text
}

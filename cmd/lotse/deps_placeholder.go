//go:build placeholder

package main

import (
	_ "github.com/goccy/go-yaml"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/microcosm-cc/bluemonday"
	_ "github.com/prometheus/client_golang/prometheus"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/rickar/cal/v2"
	_ "github.com/rickar/cal/v2/de"
	_ "github.com/robfig/cron/v3"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/rogpeppe/go-internal/txtar"
	_ "github.com/rs/zerolog"
	_ "github.com/spf13/cobra"
	_ "github.com/teambition/rrule-go"
	_ "github.com/yuin/goldmark"
	_ "go.mau.fi/util/dbutil"
	_ "golang.org/x/text/encoding/charmap"
	_ "maunium.net/go/mautrix"
	_ "maunium.net/go/mautrix/sqlstatestore"
	_ "modernc.org/sqlite"
	_ "pgregory.net/rapid"
)

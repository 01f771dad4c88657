// Command lotse is the chat bot of a city's digitalisation governance, and what its operator needs around it.
//
// main calls run, run builds the commands, and each subcommand has a file of its own, named after it. All of them
// read the same configuration, one strict YAML file (see [Config]): everything that is wrong with it is said at once,
// each fault with its line. Secrets are never in that file; it names the file or the environment variable they are in.
//
// What the books hold (projects, people, rooms, rounds) is in the database and comes in by `lotse import` and by chat
// commands; what the configuration holds (settings, roles, languages of rooms) is read at start.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // a container may have no zones

	"github.com/spf13/cobra"

	"lotse/bot/console"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // who asks a second time does not want to wait
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// subcommands are the constructors of all commands, in the order of the help.
var subcommands = []func(*app) *cobra.Command{
	newDemo,
	newInit,
	newLogin,
	newCheck,
	newPlan,
	newImport,
	newExport,
	newLog,
	newPrivacy,
	newBackup,
	newRestore,
	newRun,
	newTeams,
	newTrust,
	newVersion,
}

// app is what every command is given: the world outside, and the flags that all share.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	config         string // path of the configuration, --config
}

// errSaid ends a command with a failure about which everything has been said.
var errSaid = errors.New("already said")

// run is the whole program; the return value is the exit status: 0, 1 if something went wrong, 2 if the command line is.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, now: time.Now}
	root := &cobra.Command{
		Use:           "lotse",
		Short:         "Lotse, the chat bot of a city's digitalisation governance",
		SilenceErrors: true,
		SilenceUsage:  true,
		// Completion scripts are for programs that one calls all day.
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.PersistentFlags().StringVarP(&a.config, "config", "c", "lotse.yaml", "the configuration `file`")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return &usageError{cmd, err} })
	for _, construct := range subcommands {
		cmd := construct(a)
		faultsOfUsage(cmd)
		root.AddCommand(cmd)
	}

	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if usage, ok := errors.AsType[*usageError](err); ok {
		fmt.Fprintf(stderr, "lotse: %v\n%s\n", usage, strings.TrimSpace(usage.cmd.UseLine()))
		return 2
	}
	if strings.HasPrefix(err.Error(), "unknown command") {
		fmt.Fprintf(stderr, "lotse: %s\n", strings.TrimSpace(err.Error()))
		return 2
	}
	if faults, ok := errors.AsType[*faults](err); ok {
		fmt.Fprintln(stderr, faults) // each line starts with the file, as editors want it
		return 1
	}
	if !errors.Is(err, errSaid) {
		fmt.Fprintf(stderr, "lotse: %v\n", err)
	}
	return 1
}

// faultsOfUsage makes usage errors of what a command, or one below it, says of its arguments.
func faultsOfUsage(cmd *cobra.Command) {
	if args := cmd.Args; args != nil {
		cmd.Args = func(cmd *cobra.Command, given []string) error {
			if err := args(cmd, given); err != nil {
				return &usageError{cmd, err}
			}
			return nil
		}
	}
	for _, below := range cmd.Commands() {
		faultsOfUsage(below)
	}
}

// onlyBelow is for a command that only has commands below it.
func onlyBelow(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, below := range cmd.Commands() {
		names = append(names, below.Name())
	}
	return fmt.Errorf("unknown command %q for %q%s", args[0], cmd.CommandPath(), didYouMean(nearest(args[0], names)))
}

// usageError is a command line that cannot be understood.
type usageError struct {
	cmd *cobra.Command
	err error
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// terminal reports whether r or w is a terminal, where somebody sits who can be asked.
func terminal(f any) bool {
	file, ok := f.(*os.File)
	return ok && console.Terminal(file)
}

// peer is interface Peer of interop.tars on TarsGo: a server, and a client that checks one.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/TarsCloud/TarsGo/tars"
	"github.com/TarsCloud/TarsGo/tars/util/rogger"
)

const usage = `usage: peer serve --port N [--host H] [--name NAME] [--transport tcp|udp|ssl] [--tls FOLDER [--verify 1]]
       peer call --object OBJECT [--locator LOCATOR] [--checks NAME,...] [--tls FOLDER]
       peer watch --object OBJECT [--locator LOCATOR] [--seconds S]
       peer place --object OBJECT [--locator LOCATOR] [--set SET] [--hash modulo|consistent] --codes N,...
       peer pod --object REGISTRY --host NODE --port N
`

const clientConfig = `<tars>
  <application>
    <client>
      refresh-endpoint-interval=500
%s
    </client>
  </application>
</tars>
`

const clientPapers = `      ca=%[1]s/ca.pem
      cert=%[1]s/client.pem
      key=%[1]s/client.key`

// options are what the command line says; a command looks at those that concern it.
type options struct {
	host, name, transport, tls string
	object, locator, set, hash string
	checks, codes              string
	port, verify               int
	seconds                    float64
}

func read(arguments []string) (o options) {
	flags := flag.NewFlagSet("peer", flag.ExitOnError)
	flags.StringVar(&o.host, "host", "127.0.0.1", "address to listen on")
	flags.IntVar(&o.port, "port", 0, "port to listen on")
	flags.StringVar(&o.name, "name", "go", "what who() answers")
	flags.StringVar(&o.transport, "transport", "tcp", "tcp, udp or ssl")
	flags.StringVar(&o.tls, "tls", "", "folder with ca.pem, and certificate and key of server and client")
	flags.IntVar(&o.verify, "verify", 0, "1: a client must show its certificate")
	flags.StringVar(&o.object, "object", "", "object to call")
	flags.StringVar(&o.locator, "locator", "", "registry to ask")
	flags.StringVar(&o.set, "set", "", "set to call")
	flags.StringVar(&o.hash, "hash", "", "modulo or consistent")
	flags.StringVar(&o.checks, "checks", "", "make these checks alone")
	flags.StringVar(&o.codes, "codes", "", "a call for each of these hash codes")
	flags.Float64Var(&o.seconds, "seconds", 10, "how long to watch")
	_ = flags.Parse(arguments)
	return o
}

var clients = map[string]func(options) bool{"call": call, "watch": watch, "place": place, "pod": runPod}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	command, o := os.Args[1], read(os.Args[2:])
	os.Args = os.Args[:1] // TarsGo looks for its own flags there
	good := false
	if command == "serve" {
		good = serve(o)
	} else if run, known := clients[command]; known {
		papers := ""
		if o.tls != "" {
			papers = fmt.Sprintf(clientPapers, o.tls)
		}
		good = configured(fmt.Sprintf(clientConfig, papers), func() bool { return run(o) })
	} else {
		fmt.Fprint(os.Stderr, usage)
	}
	if !good {
		os.Exit(1)
	}
}

// configured runs with TarsGo's configuration file, the one way to set what this needs.
func configured(config string, run func() bool) bool {
	folder, err := os.MkdirTemp("", "peer")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return false
	}
	defer os.RemoveAll(folder)
	tars.ServerConfigPath = filepath.Join(folder, "peer.conf")
	if err := os.WriteFile(tars.ServerConfigPath, []byte(config), 0o600); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return false
	}
	tars.GetConf() // reads the file, which sets a log level; none of its names is silence
	rogger.SetLevel(rogger.OFF)
	return run()
}

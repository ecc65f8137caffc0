// peer is interface Peer of interop.tars on TarsGo: a server, and a client that checks one.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/TarsCloud/TarsGo/tars"
	"github.com/TarsCloud/TarsGo/tars/util/rogger"
)

const usage = `usage: peer serve --port N [--host H] [--name NAME]
       peer call --object OBJECT [--locator LOCATOR]
       peer watch --object OBJECT --locator LOCATOR [--seconds S]
       peer pod --object REGISTRY --host NODE --port N
`

const clientConfig = `<tars>
  <application>
    <client>
      refresh-endpoint-interval=500
    </client>
  </application>
</tars>
`

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	command, flags := os.Args[1], flag.NewFlagSet("peer", flag.ExitOnError)
	host := flags.String("host", "127.0.0.1", "address to listen on")
	port := flags.Int("port", 0, "port to listen on")
	name := flags.String("name", "go", "what who() answers")
	object := flags.String("object", "", "object to call")
	locator := flags.String("locator", "", "registry to ask")
	seconds := flags.Float64("seconds", 10, "how long to watch")
	_ = flags.Parse(os.Args[2:])
	os.Args = os.Args[:1] // TarsGo looks for its own flags there

	good := false
	switch command {
	case "serve":
		good = serve(*host, *port, *name)
	case "call":
		good = configured(clientConfig, func() bool { return call(*object, *locator) })
	case "watch":
		good = configured(clientConfig, func() bool { return watch(*object, *locator, *seconds) })
	case "pod":
		good = configured(clientConfig, func() bool { return runPod(*object, *host, *port) })
	default:
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

// watch calls who() all the time and says who answered: a server that left must not come up again.
func watch(object, locator string, seconds float64) bool {
	p, end := dial(object, locator), time.Now().Add(time.Duration(seconds*float64(time.Second)))
	for ; time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		in, err := p.call("who", nil)
		if err != nil {
			fmt.Println("error", err)
		} else {
			fmt.Println("who", in.string(0))
		}
	}
	return true
}

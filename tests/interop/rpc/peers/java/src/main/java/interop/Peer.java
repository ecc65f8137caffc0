package interop;

import com.qq.tars.server.startup.Main;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Interface Peer of interop.tars on TarsJava: a server, and a client that checks one. */
public final class Peer {
  private static final String USAGE =
      """
      usage: peer serve --port N [--host H] [--name NAME] [--transport tcp|udp]
             peer call --object OBJECT [--locator LOCATOR] [--checks NAME,...]
             peer watch --object OBJECT [--locator LOCATOR] [--seconds S]
             peer place --object OBJECT [--locator LOCATOR] [--set SET] [--hash modulo|consistent] --codes N,...""";

  private static final String CONFIG =
      """
      <tars>
        <application>
          <client>
            modulename=Interop.PeerServer
          </client>
          <server>
            app=Interop
            server=PeerServer
            localip=127.0.0.1
            local=tcp -h 127.0.0.1 -p %2$d -t 3000
            basepath=%1$s
            datapath=%1$s
            logpath=%1$s
            loglevel=OFF
            lograte=0
            tcpnodelay=true
            charsetname=UTF-8
            <Interop.PeerServer.PeerObjAdapter>
              endpoint=%3$s
              servant=Interop.PeerServer.PeerObj
              protocol=tars
              queuecap=10000
              threads=4
            </Interop.PeerServer.PeerObjAdapter>
          </server>
        </application>
      </tars>
      """;

  private Peer() {}

  public static void main(String[] arguments) throws Exception {
    Map<String, String> options = new HashMap<>(Map.of("host", "127.0.0.1", "name", "java", "transport", "tcp", "seconds", "10"));
    for (int i = 1; i + 1 < arguments.length; i += 2) options.put(arguments[i].substring(2), arguments[i + 1]);
    switch (arguments.length == 0 ? "" : arguments[0]) {
      case "serve" -> serve(options);
      case "call" -> {
        System.setErr(new PrintStream(OutputStream.nullOutputStream())); // TarsJava prints each failure
        System.exit(new Checks(options).run(options.get("checks")) ? 0 : 1);
      }
      case "watch" -> {
        Checks.awaitHaste();
        new Checks(options).watch(Double.parseDouble(options.get("seconds")));
        System.exit(0);
      }
      case "place" -> {
        System.setErr(new PrintStream(OutputStream.nullOutputStream()));
        new Checks(options).place(options.get("hash"), options.get("codes"));
        System.exit(0);
      }
      default -> {
        System.err.println(USAGE);
        System.exit(2);
      }
    }
  }

  private static void serve(Map<String, String> options) throws Exception {
    Path folder = Files.createTempDirectory("peer");
    int port = Integer.parseInt(options.get("port"));
    int admin = freePort();
    Path config = folder.resolve("server.conf");
    String endpoint = String.format("%s -h %s -p %d -t 60000", options.get("transport"), options.get("host"), port);
    Files.writeString(config, String.format(CONFIG, folder, admin, endpoint));
    System.setProperty("peer.endpoint", endpoint);
    System.setProperty("config", config.toString());
    System.setProperty("peer.name", options.get("name"));
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream())); // TarsJava tells its progress there
    System.setErr(new PrintStream(OutputStream.nullOutputStream())); // and prints what servants throw
    Main.main(new String[0]);
    boolean udp = options.get("transport").equals("udp"); // bound by now; nothing could connect
    while (!udp && !listens(options.get("host"), port)) Thread.sleep(10);
    out.println("READY");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static boolean listens(String host, int port) {
    try (Socket socket = new Socket(host, port)) {
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  static byte[] reversed(byte[] data) {
    byte[] result = new byte[data.length];
    for (int i = 0; i < data.length; i++) result[i] = data[data.length - 1 - i];
    return result;
  }
}

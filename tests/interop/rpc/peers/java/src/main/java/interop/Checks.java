package interop;

import com.qq.tars.client.Communicator;
import com.qq.tars.client.CommunicatorConfig;
import com.qq.tars.client.CommunicatorFactory;
import com.qq.tars.common.support.Holder;
import com.qq.tars.common.util.Constants;
import com.qq.tars.common.util.DyeingSwitch;
import com.qq.tars.protocol.util.TarsHelper;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/** The client role: every check of the interface, one line each, "name ok" or "name FAIL why". */
final class Checks {
  private interface Check {
    void run() throws Exception;
  }

  /** Made only when asked for: its server is to stop meanwhile. */
  private static final String LASTING = "lasting";

  private final Communicator communicator;
  private final String object;
  private final PeerPrx peer;

  Checks(Map<String, String> options) {
    String object = options.get("object");
    String locator = options.get("locator");
    CommunicatorConfig config = new CommunicatorConfig();
    config.setLocator(locator).setSyncInvokeTimeout(5000).setAsyncInvokeTimeout(5000).setRefreshEndpointInterval(500);
    config.setStat("");
    this.object = object;
    this.communicator = CommunicatorFactory.getInstance().getCommunicator(config);
    String set = options.get("set");
    this.peer =
        set == null
            ? communicator.stringToProxy(PeerPrx.class, object)
            : communicator.stringToProxy(PeerPrx.class, object, set);
  }

  boolean run(String wanted) {
    boolean good = true;
    for (Map.Entry<String, Check> entry : all().entrySet()) {
      if (wanted == null ? entry.getKey().equals(LASTING) : !List.of(wanted.split(",")).contains(entry.getKey())) continue;
      try {
        entry.getValue().run();
        System.out.println(entry.getKey() + " ok");
      } catch (Throwable reason) {
        good = false;
        System.out.println(entry.getKey() + " FAIL " + String.valueOf(reason).replaceAll("\\s+", " "));
      }
    }
    return good;
  }

  private Map<String, Check> all() {
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put("ping", peer::tars_ping);
    checks.put("void", peer::nothing);
    checks.put("extremes", () -> understood(Samples.extremes()));
    checks.put("plenty", () -> understood(Samples.plenty()));
    checks.put("defaults", () -> understood(new Everything()));
    checks.put("outs", () -> outs(-70000, 1L << 40));
    checks.put("error", this::error);
    checks.put("unknown-function", this::unknownFunction);
    checks.put("one-way", this::oneWay);
    checks.put("context", this::context);
    checks.put("unicode-context", this::unicodeContext);
    checks.put("megabyte", this::megabyte);
    checks.put("thousand", this::thousand);
    checks.put("time-out", this::timeOut);
    checks.put("deadline", this::deadline);
    checks.put("dyeing", this::dyeing);
    checks.put("passed-on", this::passedOn);
    checks.put("stray-push", this::strayPush);
    checks.put(LASTING, this::lasting);
    return checks;
  }

  /**
   * TarsJava looks for news after a random while of up to half a minute, first and after each change. The random numbers
   * follow from the second in which a proxy is made: this waits for a second with short whiles, with all classes loaded.
   */
  static void awaitHaste() throws InterruptedException {
    CommunicatorConfig config = new CommunicatorConfig();
    config.setModuleName("haste");
    config.setStat("");
    CommunicatorFactory.getInstance().getCommunicator(config).stringToProxy(PeerPrx.class, "Nobody@tcp -h 127.0.0.1 -p 1");
    long now = System.currentTimeMillis() / 1000;
    long best = 1;
    for (long wait = 2; wait < 30; wait++) {
      if (wait + whiles(now + wait) < best + whiles(now + best)) best = wait;
    }
    Thread.sleep((now + best) * 1000 - System.currentTimeMillis());
  }

  private static int whiles(long second) {
    Random random = new Random(second);
    return random.nextInt(30) + random.nextInt(30);
  }

  /** Calls who() all the time and says who answered: a server that left must not come up again. */
  void watch(double seconds) throws InterruptedException {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (System.nanoTime() < end) {
      say(peer::who);
      Thread.sleep(20);
    }
  }

  /** Says who answers a call with each hash code; the context's keys are TarsJava's way to hash. */
  void place(String hash, String codes) {
    String key = "consistent".equals(hash) ? Constants.TARS_CONSISTENT_HASH : Constants.TARS_HASH;
    for (String code : codes.split(",")) {
      say(hash == null ? peer::who : () -> peer.who(new HashMap<>(Map.of(key, code))));
    }
  }

  private static void say(Supplier<String> who) {
    try {
      System.out.println("who " + who.get());
    } catch (RuntimeException reason) {
      System.out.println("error " + reason);
    }
  }

  private static void expect(Object expected, Object got) {
    if (!Objects.deepEquals(expected, got)) throw new AssertionError("expected " + expected + ", got " + got);
  }

  /** Sends a value twice: once to get it back, once to hear what the other side read. */
  private void understood(Everything sample) {
    expect(sample.toString(), peer.echo(sample).toString());
    expect(sample.toString(), peer.describe(sample));
  }

  private void outs(int a, long b) {
    Holder<String> text = new Holder<>();
    Holder<byte[]> raw = new Holder<>();
    Holder<Map<String, Integer>> counts = new Holder<>();
    Holder<Point> point = new Holder<>();
    expect(a + b, peer.outs(a, text, b, raw, counts, point));
    expect(String.valueOf(a), text.value);
    expect(ByteBuffer.allocate(4).putInt(a).array(), raw.value);
    expect(Map.of(text.value, a), counts.value);
    expect(new Point(a, text.value), point.value);
  }

  private void error() {
    try {
      peer.fail(77, "on purpose");
    } catch (RuntimeException reason) {
      String text = causes(reason);
      if (!text.contains("77") || !text.contains("on purpose")) throw new AssertionError("got " + text);
      return;
    }
    throw new AssertionError("expected an error, got a result");
  }

  private static String causes(Throwable reason) {
    return reason == null ? "" : reason + " | " + causes(reason.getCause());
  }

  private void unknownFunction() {
    try {
      peer.nowhere();
    } catch (RuntimeException expected) {
      peer.nothing();
      return;
    }
    throw new AssertionError("expected an error, got a result");
  }

  private void oneWay() throws InterruptedException {
    String key = "java-" + System.nanoTime();
    for (int i = 0; i < 5; i++) peer.async_note(null, key);
    int noted = 0;
    for (int turn = 0; noted < 5 && turn < 400; turn++) {
      noted = peer.noted(key);
      Thread.sleep(5);
    }
    expect(5, noted);
  }

  private void context() {
    Map<String, String> got = peer.context("hello", new HashMap<>(Map.of("who", "java")));
    expect("java", got.get("who"));
  }

  private void unicodeContext() {
    Map<String, String> got = peer.context("hello", new HashMap<>(Map.of("π", "四")));
    expect("四", got.get("π"));
  }

  private void megabyte() {
    byte[] data = new byte[1 << 20];
    for (int i = 0; i < data.length; i++) data[i] = (byte) (i * 31 >> 3);
    if (!Arrays.equals(data, Peer.reversed(peer.reversed(data)))) throw new AssertionError("other bytes came back");
  }

  private void thousand() throws Exception {
    CompletableFuture<?>[] calls = new CompletableFuture<?>[1000];
    for (int i = 0; i < calls.length; i++) {
      String text = "call " + i;
      calls[i] = peer.promise_say(text).thenAccept(got -> expect(text, got));
    }
    CompletableFuture.allOf(calls).get(20, TimeUnit.SECONDS);
  }

  private void timeOut() {
    CommunicatorConfig hasty = new CommunicatorConfig();
    hasty.setModuleName("hasty"); // communicators of one module are one, whatever their time-outs
    hasty.setLocator(communicator.getCommunicatorConfig().getLocator()).setSyncInvokeTimeout(100).setStat("");
    PeerPrx impatient = CommunicatorFactory.getInstance().getCommunicator(hasty).stringToProxy(PeerPrx.class, object);
    long begun = System.nanoTime();
    try {
      impatient.nap(400);
    } catch (RuntimeException expected) {
      expect(true, System.nanoTime() - begun < 350_000_000L);
      peer.nothing();
      return;
    }
    throw new AssertionError("expected a time-out, got a result");
  }

  private void deadline() {
    int left = peer.patience();
    if (left <= 0 || left > 5000) throw new AssertionError("expected an iTimeout of 1 to 5000 ms, got " + left);
  }

  private void dyeing() {
    dyed(status -> peer.carried("hello", status));
  }

  /** A call that a server makes for a dyed one is dyed, too. */
  private void passedOn() {
    dyed(peer::relayed);
  }

  private void dyed(ToIntFunction<Holder<Map<String, String>>> call) {
    DyeingSwitch.enableUnactiveDyeing("order-17", object);
    Holder<Map<String, String>> status = new Holder<>();
    int flags = call.applyAsInt(status);
    DyeingSwitch.closeActiveDyeing();
    expect(TarsHelper.MESSAGETYPEDYED, flags & TarsHelper.MESSAGETYPEDYED);
    expect("order-17", status.value.get(DyeingSwitch.STATUS_DYED_KEY));
  }

  private void lasting() {
    for (int i = 0; i < communicator.getCommunicatorConfig().getConnections(); i++) peer.tars_ping(); // each in turn
    System.out.println("begun");
    expect(1000, peer.nap(1000));
  }

  /** Messages that this client did not ask for: they do no harm. */
  private void strayPush() {
    peer.push("nobody listens", 3);
    expect("still here", peer.say("still here"));
  }
}

package interop;

import com.qq.tars.client.CommunicatorConfig;
import com.qq.tars.client.CommunicatorFactory;
import com.qq.tars.common.support.Holder;
import com.qq.tars.rpc.protocol.tars.TarsServantRequest;
import com.qq.tars.rpc.protocol.tars.TarsServantResponse;
import com.qq.tars.server.core.Context;
import com.qq.tars.server.core.ContextManager;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The server role: answers interface Peer. */
public class PeerImpl implements PeerServant {
  private final Map<String, Integer> notes = new ConcurrentHashMap<>();

  @Override
  public Everything echo(Everything value) {
    return value;
  }

  @Override
  public String describe(Everything value) {
    return value.toString();
  }

  @Override
  public long outs(
      int a, Holder<String> text, long b, Holder<byte[]> raw, Holder<Map<String, Integer>> counts, Holder<Point> point) {
    text.value = String.valueOf(a);
    raw.value = ByteBuffer.allocate(4).putInt(a).array();
    counts.value = new HashMap<>(Map.of(text.value, a));
    point.value = new Point(a, text.value);
    return a + b;
  }

  @Override
  public String say(String text) {
    return text;
  }

  @Override
  public void nothing() {}

  @Override
  public byte[] reversed(byte[] data) {
    return Peer.reversed(data);
  }

  @Override
  public int fail(int code, String message) {
    throw new IllegalStateException(message);
  }

  @Override
  public Map<String, String> context(String answer) {
    return new HashMap<>(current().request().getContext());
  }

  private static Context<TarsServantRequest, TarsServantResponse> current() {
    return ContextManager.getContext();
  }

  @Override
  public int patience() {
    return current().request().getTimeout();
  }

  @Override
  public int carried(String answer, Holder<Map<String, String>> status) {
    status.value = new HashMap<>(current().request().getStatus());
    current().response().setStatus(new HashMap<>(Map.of("answer", answer)));
    return current().request().getMessageType();
  }

  @Override
  public int relayed(Holder<Map<String, String>> status) {
    CommunicatorConfig config = new CommunicatorConfig();
    config.setStat("");
    String self = "Interop.PeerServer.PeerObj@" + System.getProperty("peer.endpoint");
    PeerPrx peer = CommunicatorFactory.getInstance().getCommunicator(config).stringToProxy(PeerPrx.class, self);
    return peer.carried("relayed", status);
  }

  @Override
  public void push(String text, int times) {
    throw new UnsupportedOperationException("TarsJava has no pushes");
  }

  @Override
  public void note(String topic) {
    notes.merge(topic, 1, Integer::sum);
  }

  @Override
  public int noted(String topic) {
    return notes.getOrDefault(topic, 0);
  }

  @Override
  public int nap(int milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
    return milliseconds;
  }

  @Override
  public String who() {
    return System.getProperty("peer.name");
  }
}

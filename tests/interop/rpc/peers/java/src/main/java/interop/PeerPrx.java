package interop;

import com.qq.tars.common.support.Holder;
import com.qq.tars.protocol.annotation.Servant;
import com.qq.tars.protocol.tars.annotation.TarsCallback;
import com.qq.tars.protocol.tars.annotation.TarsContext;
import com.qq.tars.protocol.tars.annotation.TarsHolder;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

@Servant
public interface PeerPrx {
  Everything echo(Everything value);

  String describe(Everything value);

  long outs(
      int a,
      @TarsHolder Holder<String> text,
      long b,
      @TarsHolder Holder<byte[]> raw,
      @TarsHolder Holder<Map<String, Integer>> counts,
      @TarsHolder Holder<Point> point);

  String say(String text);

  CompletableFuture<String> promise_say(String text);

  void nothing();

  void nowhere();

  void tars_ping();

  byte[] reversed(byte[] data);

  int fail(int code, String message);

  Map<String, String> context(String answer, @TarsContext Map<String, String> context);

  void async_note(@TarsCallback Object callback, String topic);

  int noted(String topic);

  int nap(int milliseconds);

  String who();

  String who(@TarsContext Map<String, String> context);

  int patience();

  int carried(String answer, @TarsHolder Holder<Map<String, String>> status);

  int relayed(@TarsHolder Holder<Map<String, String>> status);

  void push(String text, int times);
}

package interop;

import com.qq.tars.common.support.Holder;
import com.qq.tars.protocol.annotation.Servant;
import com.qq.tars.protocol.tars.annotation.TarsHolder;
import com.qq.tars.protocol.tars.annotation.TarsMethodParameter;
import java.util.Map;

@Servant
public interface PeerServant {
  Everything echo(@TarsMethodParameter(name = "value") Everything value);

  String describe(@TarsMethodParameter(name = "value") Everything value);

  long outs(
      @TarsMethodParameter(name = "a") int a,
      @TarsHolder(name = "text") Holder<String> text,
      @TarsMethodParameter(name = "b") long b,
      @TarsHolder(name = "raw") Holder<byte[]> raw,
      @TarsHolder(name = "counts") Holder<Map<String, Integer>> counts,
      @TarsHolder(name = "point") Holder<Point> point);

  String say(@TarsMethodParameter(name = "text") String text);

  void nothing();

  byte[] reversed(@TarsMethodParameter(name = "data") byte[] data);

  int fail(@TarsMethodParameter(name = "code") int code, @TarsMethodParameter(name = "message") String message);

  Map<String, String> context(@TarsMethodParameter(name = "answer") String answer);

  void note(@TarsMethodParameter(name = "topic") String topic);

  int noted(@TarsMethodParameter(name = "topic") String topic);

  int nap(@TarsMethodParameter(name = "milliseconds") int milliseconds);

  String who();

  int patience();

  int carried(
      @TarsMethodParameter(name = "answer") String answer, @TarsHolder(name = "status") Holder<Map<String, String>> status);

  int relayed(@TarsHolder(name = "status") Holder<Map<String, String>> status);

  void push(@TarsMethodParameter(name = "text") String text, @TarsMethodParameter(name = "times") int times);
}

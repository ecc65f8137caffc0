package interop;

import com.qq.tars.protocol.tars.annotation.TarsStruct;
import com.qq.tars.protocol.tars.annotation.TarsStructProperty;
import java.util.Objects;

@TarsStruct
public class Point {
  @TarsStructProperty(order = 0, isRequire = true)
  public int x;

  @TarsStructProperty(order = 1, isRequire = false)
  public String label = "origin";

  public Point() {}

  public Point(int x, String label) {
    this.x = x;
    this.label = label;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Point && toString().equals(other.toString());
  }

  @Override
  public int hashCode() {
    return Objects.hash(x, label);
  }

  @Override
  public String toString() {
    return x + "/" + label;
  }
}

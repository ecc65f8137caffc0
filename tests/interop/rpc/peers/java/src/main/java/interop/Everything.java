package interop;

import com.qq.tars.protocol.tars.annotation.TarsStruct;
import com.qq.tars.protocol.tars.annotation.TarsStructProperty;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

@TarsStruct
public class Everything {
  @TarsStructProperty(order = 0, isRequire = true)
  public boolean flag;

  @TarsStructProperty(order = 1, isRequire = true)
  public byte tiny;

  @TarsStructProperty(order = 2, isRequire = true)
  public short small;

  @TarsStructProperty(order = 3, isRequire = true)
  public int number;

  @TarsStructProperty(order = 4, isRequire = true)
  public long big;

  @TarsStructProperty(order = 5, isRequire = true)
  public short utiny;

  @TarsStructProperty(order = 6, isRequire = true)
  public int usmall;

  @TarsStructProperty(order = 7, isRequire = true)
  public long unumber;

  @TarsStructProperty(order = 8, isRequire = true)
  public float single;

  @TarsStructProperty(order = 9, isRequire = true)
  public double exact;

  @TarsStructProperty(order = 10, isRequire = true)
  public String text = "";

  @TarsStructProperty(order = 11, isRequire = true)
  public int color;

  @TarsStructProperty(order = 12, isRequire = true)
  public byte[] raw = new byte[0];

  @TarsStructProperty(order = 13, isRequire = true)
  public List<Integer> numbers = new ArrayList<>();

  @TarsStructProperty(order = 14, isRequire = true)
  public List<String> words = new ArrayList<>();

  @TarsStructProperty(order = 15, isRequire = true)
  public Map<String, Integer> counts = new HashMap<>();

  @TarsStructProperty(order = 16, isRequire = true)
  public Map<Integer, String> names = new HashMap<>();

  @TarsStructProperty(order = 17, isRequire = true)
  public Point point = new Point();

  @TarsStructProperty(order = 18, isRequire = true)
  public List<Point> points = new ArrayList<>();

  @TarsStructProperty(order = 19, isRequire = true)
  public Map<String, List<Point>> groups = new HashMap<>();

  @TarsStructProperty(order = 20, isRequire = false)
  public String note = "none";

  @TarsStructProperty(order = 200, isRequire = false)
  public long last = -1;

  /** The one-line description that both ends of a call must agree on. */
  @Override
  public String toString() {
    return "flag=" + (flag ? 1 : 0)
        + ";tiny=" + tiny + ";small=" + small + ";number=" + number + ";big=" + big
        + ";utiny=" + utiny + ";usmall=" + usmall + ";unumber=" + unumber
        + ";single=" + Math.round(single * 1000.0) + ";exact=" + Math.round(exact * 1000)
        + ";text=" + text + ";color=" + color + ";raw=" + HexFormat.of().formatHex(raw)
        + ";numbers=" + joined(numbers) + ";words=" + joined(words)
        + ";counts=" + pairs(counts, String::valueOf) + ";names=" + pairs(names, String::valueOf)
        + ";point=" + point + ";points=" + joined(points)
        + ";groups=" + pairs(groups, points -> "[" + joined(points) + "]")
        + ";note=" + note + ";last=" + last;
  }

  private static String joined(List<?> items) {
    return items.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  private static <K extends Comparable<K>, V> String pairs(Map<K, V> items, Function<V, String> show) {
    return new TreeMap<>(items).entrySet().stream()
        .map(entry -> entry.getKey() + ":" + show.apply(entry.getValue()))
        .collect(Collectors.joining(","));
  }
}

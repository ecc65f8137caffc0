package interop;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The values that every client sends. */
final class Samples {
  private Samples() {}

  static Everything extremes() {
    Everything v = new Everything();
    v.flag = true;
    v.tiny = Byte.MIN_VALUE;
    v.small = Short.MIN_VALUE;
    v.number = Integer.MIN_VALUE;
    v.big = Long.MIN_VALUE;
    v.utiny = 255;
    v.usmall = 65535;
    v.unumber = 4294967295L;
    v.single = -0.5f;
    v.exact = 1234567.125;
    v.text = "x".repeat(300);
    v.color = 6;
    v.raw = new byte[] {0, -1, 127, -128};
    v.numbers = new ArrayList<>(List.of(0, 127, 128, 32767, 32768, Integer.MAX_VALUE, Integer.MIN_VALUE));
    v.words = new ArrayList<>(List.of(""));
    v.counts = new HashMap<>(Map.of("", -1));
    v.names = new HashMap<>(Map.of(-1, ""));
    v.point = new Point(-1, "");
    v.points = new ArrayList<>(List.of(new Point(0, "zero")));
    v.groups = new HashMap<>(Map.of("", new ArrayList<>()));
    v.note = "";
    v.last = Long.MAX_VALUE;
    return v;
  }

  static Everything plenty() {
    Everything v = new Everything();
    v.tiny = 1;
    v.small = 300;
    v.number = 70000;
    v.big = 1L << 40;
    v.utiny = 200;
    v.usmall = 40000;
    v.unumber = 3000000000L;
    v.single = 1.5f;
    v.exact = -2.25;
    v.text = "čtyři 四 🙂";
    v.color = 5;
    v.raw = new byte[300];
    Arrays.fill(v.raw, (byte) 7);
    v.numbers = new ArrayList<>(List.of(1, 2, 3));
    v.words = new ArrayList<>(List.of("a", "čé", "四"));
    v.counts = new HashMap<>(Map.of("one", 1, "two", 2));
    v.names = new HashMap<>(Map.of(1, "one", 70000, "many"));
    v.point = new Point(3, "here");
    v.points = new ArrayList<>(List.of(new Point(1, "a"), new Point(2, "b")));
    v.groups = new HashMap<>(Map.of("g", new ArrayList<>(List.of(new Point(1, "x"), new Point(2, "y"))), "h", new ArrayList<>()));
    v.note = "a note";
    v.last = 5;
    return v;
  }
}

package interop;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import com.qq.tars.protocol.tars.TarsInputStream;
import com.qq.tars.protocol.tars.TarsOutputStream;
import com.qq.tars.protocol.tars.TarsStructBase;
import com.qq.tars.protocol.tars.exc.TarsDecodeException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A spec as a Java type: how TarsJava reads it, and the way from a form and back.
 *
 * <p>The library makes the elements of lists and maps by reflection, from their class alone, which
 * says nothing of a spec; so their heads are read here, and all that is in them by the library.
 */
abstract class Kind {
    abstract Object read(TarsInputStream from, int tag);

    abstract Object value(JsonElement form);

    abstract JsonElement form(Object value);

    void write(TarsOutputStream to, int tag, Object value) {
        to.write(value, tag);
    }

    /** Go into the list or map at a tag: its count. */
    static int enter(TarsInputStream from, int tag, byte type) {
        if (!from.skipToTag(tag)) throw new TarsDecodeException("require field not exist.");
        var head = new TarsInputStream.HeadData();
        from.readHead(head);
        if (head.type != type) throw new TarsDecodeException("type mismatch " + head.type);
        int count = from.read(0, 0, true);
        if (count < 0) throw new TarsDecodeException("invalid size " + count);
        return count;
    }

    static Kind of(JsonArray spec) {
        switch (spec.get(0).getAsString()) {
            case "vector":
                return new ListOf(of(spec.get(1).getAsJsonArray()));
            case "map":
                return new MapOf(of(spec.get(1).getAsJsonArray()), of(spec.get(2).getAsJsonArray()));
            case "struct":
                return new Struct.Of(spec.get(1).getAsJsonArray());
            default:
                return new Scalar(spec.get(0).getAsString());
        }
    }

    private static final class Scalar extends Kind {
        private final String name;

        Scalar(String name) {
            this.name = name;
        }

        @Override
        Object read(TarsInputStream from, int tag) {
            return from.read(sample(), tag, true);
        }

        private Object sample() {
            return switch (name) {
                case "bool" -> false;
                case "byte" -> (byte) 0;
                case "short", "unsigned byte" -> (short) 0;
                case "int", "enum", "unsigned short" -> 0;
                case "float" -> 0f;
                case "double" -> 0d;
                case "string" -> "";
                case "bytes" -> new byte[1];
                default -> 0L;
            };
        }

        @Override
        Object value(JsonElement form) {
            String text = form.getAsString();
            return switch (name) {
                case "bool" -> text.equals("1");
                case "byte" -> Byte.valueOf(text);
                case "short", "unsigned byte" -> Short.valueOf(text);
                case "int", "enum", "unsigned short" -> Integer.valueOf(text);
                case "float" -> (float) Double.longBitsToDouble(Long.parseUnsignedLong(text, 16));
                case "double" -> Double.longBitsToDouble(Long.parseUnsignedLong(text, 16));
                case "string" -> new String(HexFormat.of().parseHex(text), StandardCharsets.UTF_8);
                case "bytes" -> HexFormat.of().parseHex(text);
                default -> Long.valueOf(text);
            };
        }

        @Override
        JsonElement form(Object value) {
            if (value instanceof Boolean on) return new JsonPrimitive(on ? "1" : "0");
            if (value instanceof Float number) return bits(number);
            if (value instanceof Double number) return bits(number);
            if (value instanceof byte[] data) return new JsonPrimitive(HexFormat.of().formatHex(data));
            if (value instanceof String text) {
                byte[] data = text.getBytes(StandardCharsets.UTF_8);
                return new JsonPrimitive(HexFormat.of().formatHex(data));
            }
            return new JsonPrimitive(value.toString());
        }

        private static JsonElement bits(double number) {
            return new JsonPrimitive(String.format("%016x", Double.doubleToRawLongBits(number)));
        }
    }

    private static final class ListOf extends Kind {
        private final Kind element;

        ListOf(Kind element) {
            this.element = element;
        }

        @Override
        Object read(TarsInputStream from, int tag) {
            var list = new ArrayList<Object>();
            int count = enter(from, tag, TarsStructBase.LIST);
            for (int at = 0; at < count; at++) list.add(element.read(from, 0));
            return list;
        }

        @Override
        Object value(JsonElement form) {
            var list = new ArrayList<Object>();
            for (JsonElement each : form.getAsJsonArray()) list.add(element.value(each));
            return list;
        }

        @Override
        JsonElement form(Object value) {
            var forms = new JsonArray();
            for (Object each : (List<?>) value) forms.add(element.form(each));
            return forms;
        }
    }

    private static final class MapOf extends Kind {
        private final Kind key;
        private final Kind item;

        MapOf(Kind key, Kind item) {
            this.key = key;
            this.item = item;
        }

        @Override
        Object read(TarsInputStream from, int tag) {
            var map = new HashMap<Object, Object>();
            int count = enter(from, tag, TarsStructBase.MAP);
            for (int at = 0; at < count; at++) map.put(key.read(from, 0), item.read(from, 1));
            return map;
        }

        @Override
        Object value(JsonElement form) {
            var map = new HashMap<Object, Object>();
            for (JsonElement pair : form.getAsJsonArray()) {
                JsonArray both = pair.getAsJsonArray();
                map.put(key.value(both.get(0)), item.value(both.get(1)));
            }
            return map;
        }

        @Override
        JsonElement form(Object value) {
            var forms = new JsonArray();
            for (var entry : ((Map<?, ?>) value).entrySet()) {
                var pair = new JsonArray();
                pair.add(key.form(entry.getKey()));
                pair.add(item.form(entry.getValue()));
                forms.add(pair);
            }
            return forms;
        }
    }
}

package interop;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.qq.tars.protocol.tars.TarsInputStream;
import com.qq.tars.protocol.tars.TarsOutputStream;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.HexFormat;

/**
 * The codec of TarsJava as a line-based peer: a line of JSON in, a line out.
 *
 * <pre>
 * {"schema": spec, "encode": [form...], "decode": [hex...]}
 * {"encoded": [hex or "!reason"...], "decoded": [form or "!reason"...]}
 * </pre>
 *
 * Specs and forms are described in tests/interop/codec/forms.py.
 */
public final class Codec {
    private Codec() {}

    public static void main(String[] words) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"), 1 << 20);
        var out = new PrintStream(System.out, false, "UTF-8");
        System.setOut(System.err); // the library prints now and then
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(answer(JsonParser.parseString(line).getAsJsonObject()));
            out.flush();
        }
    }

    private static JsonObject answer(JsonObject asked) {
        Kind kind = Kind.of(asked.getAsJsonArray("schema"));
        var encoded = new JsonArray();
        for (JsonElement form : asked.getAsJsonArray("encode")) encoded.add(encode(kind, form));
        var decoded = new JsonArray();
        for (JsonElement data : asked.getAsJsonArray("decode")) decoded.add(decode(kind, data));
        var said = new JsonObject();
        said.add("encoded", encoded);
        said.add("decoded", decoded);
        return said;
    }

    private static JsonElement encode(Kind kind, JsonElement form) {
        try {
            var to = new TarsOutputStream();
            to.setServerEncoding("UTF-8");
            kind.write(to, 0, kind.value(form));
            return new JsonPrimitive(HexFormat.of().formatHex(to.toByteArray()));
        } catch (RuntimeException reason) {
            return new JsonPrimitive("!" + reason);
        }
    }

    private static JsonElement decode(Kind kind, JsonElement data) {
        try {
            var from = new TarsInputStream(HexFormat.of().parseHex(data.getAsString()));
            from.setServerEncoding("UTF-8");
            return kind.form(kind.read(from, 0));
        } catch (RuntimeException reason) {
            return new JsonPrimitive("!" + reason);
        }
    }
}

package interop;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.qq.tars.protocol.tars.TarsInputStream;
import com.qq.tars.protocol.tars.TarsOutputStream;
import com.qq.tars.protocol.tars.TarsStructBase;
import java.util.ArrayList;
import java.util.List;

/** A struct whose members come from a spec, written and read as tars2java's classes do. */
final class Struct extends TarsStructBase {
    private final transient Of of;
    private final transient List<Object> values = new ArrayList<>();

    private Struct(Of of) {
        this.of = of;
    }

    @Override
    public void writeTo(TarsOutputStream to) {
        for (int at = 0; at < of.kinds.size(); at++) {
            of.kinds.get(at).write(to, of.tags.get(at), values.get(at));
        }
    }

    @Override
    public void readFrom(TarsInputStream from) {
        for (int at = 0; at < of.kinds.size(); at++) {
            values.add(of.kinds.get(at).read(from, of.tags.get(at)));
        }
    }

    @Override
    public TarsStructBase newInit() {
        return new Struct(of);
    }

    /** The spec of a struct. */
    static final class Of extends Kind {
        private final List<Integer> tags = new ArrayList<>();
        private final List<Kind> kinds = new ArrayList<>();

        Of(JsonArray rows) {
            for (JsonElement each : rows) {
                JsonArray row = each.getAsJsonArray();
                tags.add(row.get(0).getAsInt());
                kinds.add(Kind.of(row.get(2).getAsJsonArray()));
            }
        }

        @Override
        Object read(TarsInputStream from, int tag) {
            return from.directRead(new Struct(this), tag, true);
        }

        @Override
        Object value(JsonElement form) {
            var made = new Struct(this);
            JsonArray forms = form.getAsJsonArray();
            for (int at = 0; at < kinds.size(); at++) {
                made.values.add(kinds.get(at).value(forms.get(at)));
            }
            return made;
        }

        @Override
        JsonElement form(Object value) {
            var forms = new JsonArray();
            var made = (Struct) value;
            for (int at = 0; at < kinds.size(); at++) {
                forms.add(kinds.get(at).form(made.values.get(at)));
            }
            return forms;
        }
    }
}

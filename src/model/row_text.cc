#include "model/row_text.hpp"

namespace reef::model {

void append_name(std::string& out, std::string_view name) {
    if (out.back() != '{') out += ',';
    out += '"';
    out += name;  // field names need no escapes
    out += "\":";
}

void append_quoted(std::string& out, std::string_view plain) {
    out += '"';
    out += plain;
    out += '"';
}

void append_counter(std::string& out, const std::vector<CounterPart>& parts) {
    out += '{';
    for (const CounterPart& part : parts) {
        append_name(out, part.origin);
        out += '[' + std::to_string(part.total) + ",\"" + to_text(part.stamp) + "\"]";
    }
    out += '}';
}

void append_twins(std::string& out, const Resource& resource, const Row& row) {
    if (row.twins.empty()) return;
    append_name(out, "twins");
    out += '[';
    for (std::size_t i = 0; i < row.twins.size(); ++i) {
        const Twin& twin = row.twins[i];
        if (i > 0) out += ',';
        out += "[\"" + twin.dot.origin + "\"," + std::to_string(twin.dot.seq);
        if (!twin.deltas.empty()) {
            out += ",\"" + life_text(twin.life) + "\",{";
            for (const auto& [field, delta] : twin.deltas) {
                append_name(out, resource.fields[field].name);
                out += std::to_string(delta);
            }
            out += '}';
        }
        out += ']';
    }
    out += ']';
}

}  // namespace reef::model

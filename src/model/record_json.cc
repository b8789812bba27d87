#include "model/record_json.hpp"

namespace reef::model {

void append_record(std::string& out, const Resource& resource, const Row& row, TimeShape times) {
    char before = '{';
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const Field& field = resource.fields[id];
        out += before;
        before = ',';
        out += '"';
        out += field.name;
        out += "\":";
        const bool plain = resource.has_state(id) && field.merge != Merge::counter;
        append_json(out, field, plain ? row.cells[id].value : value_of(resource, row, id), times);
    }
    out += '}';
}

}  // namespace reef::model

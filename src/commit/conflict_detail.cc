#include "commit/conflict_detail.hpp"

namespace reef::commit {

using namespace model;

std::vector<FieldId> differing_fields(const Resource& resource, const Row& here, const Row& there) {
    std::vector<FieldId> fields;
    for (FieldId id = 0; id < here.cells.size(); ++id) {
        const bool said = resource.fields[id].set != SetBy::on_write;
        if (said && here.cells[id].value != there.cells[id].value) fields.push_back(id);
    }
    return fields;
}

std::string conflict_detail(const Resource& resource, const std::vector<FieldId>& fields,
                            const Row& here, const Row& there, const Row& result) {
    std::string detail = "{\"fields\":[";
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i > 0) detail += ',';
        append_json_string(detail, resource.fields[fields[i]].name);
    }
    detail += "],\"here\":";
    append_row_json(detail, resource, here);
    detail += ",\"there\":";
    append_row_json(detail, resource, there);
    detail += ",\"result\":";
    append_row_json(detail, resource, result);
    return detail += '}';
}

std::string waiver_detail(const Dot& letter, const std::string& reason) {
    std::string detail = "{\"fields\":[],\"letter\":";
    append_json_string(detail, to_text(letter));
    detail += ",\"reason\":";
    append_json_string(detail, reason);
    return detail += '}';
}

}  // namespace reef::commit

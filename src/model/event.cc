#include "model/event.hpp"

#include "base/text/json_object.hpp"

namespace reef::model {

namespace {

std::vector<std::string> ids_of(const RequestMark& request) {
    std::vector<std::string> ids;
    for (const RequestId& id : request.ids) {
        if (id.kind != RequestKind::attempt) ids.push_back(to_text(id));
    }
    return ids;
}

std::vector<std::string> written_by(const Change& change, const Resource& resource) {
    std::vector<std::string> names;
    for (const FieldId field : change.written)
        names.push_back(resource.fields[field].name);
    return names;
}

}  // namespace

Event event_of(const Schema& schema, const Change& change) {
    const Resource& resource = schema[change.row.resource];
    std::string detail = "{\"kind\":\"" + std::string{name_of(change.kind)} +
                         "\",\"version\":" + std::to_string(version_of(change.row));
    const std::vector<std::string> ids = ids_of(change.request);
    if (!ids.empty()) detail += ",\"ids\":" + json_texts(ids);
    if (!change.headers.empty()) append_headers_json(detail, change.headers);
    if (!change.traceparent.empty()) {
        detail += ",\"traceparent\":";
        append_json_string(detail, change.traceparent);
    }
    if (!change.inputs.empty()) {
        detail += ",\"inputs\":" + change.inputs;
    } else if (!change.written.empty()) {
        detail += ",\"fields\":" + json_texts(written_by(change, resource));
    }
    return {change.stamp, resource.name, to_text(change.row.key), detail + '}'};
}

std::uint64_t bytes_of(const Event& event) {
    return event.stamp.dot.origin.size() + event.resource.size() + event.key.size() +
           event.detail.size();
}

}  // namespace reef::model

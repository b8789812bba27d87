#include "brokers/message_shape.hpp"

#include <algorithm>

#include "base/text/json.hpp"
#include "base/text/json_object.hpp"
#include "model/record_json.hpp"

namespace reef::brokers {

using namespace model;

namespace {

std::string_view past_of(WriteKind kind) {
    switch (kind) {
        case WriteKind::create:
            return "created";
        case WriteKind::update:
            return "updated";
        case WriteKind::remove:
            return "deleted";
    }
    return "";
}

std::string_view method_of(WriteKind kind) {
    switch (kind) {
        case WriteKind::create:
            return "POST";
        case WriteKind::update:
            return "PUT";
        case WriteKind::remove:
            return "DELETE";
    }
    return "";
}

std::string time_text(Time time, TimeZone zone) {
    std::string text;
    append_time(text, time, 6, zone);
    return text;
}

// A value as the place wants it: JSON, or text inside a string.
struct Part {
    std::string text;
    std::string json;
};

Part text_part(std::string_view text) {
    return {std::string{text}, json_text(text)};
}

Part json_part(std::string json) {
    return {json, json};
}

struct Source {
    const Resource& resource;
    const Change& change;
    std::string_view target;
    std::string_view path;
    bool names_writer = false;
    TimeShape times = {6, TimeZone::none};
    bool says_deleted = true;
    const Schema* schema = nullptr;
    const ForeignNumbers* numbers = nullptr;  // of the target, where it is another program

    Row row() const {
        Row row = change.row;
        for (FieldId id = 0; names_writer && id < row.cells.size(); ++id) {
            if (resource.fields[id].set != SetBy::node) continue;
            row.cells[id].value = std::string{node_of(change.stamp.dot.origin)};
        }
        return row;
    }

    // Where all changes come one way, a delete says so last.
    std::string record() const {
        std::string json;
        append_record(json, resource, row(), times);
        const bool deleted = says_deleted && change.kind == WriteKind::remove;
        if (deleted) json.insert(json.size() - 1, ",\"deleted\":true");
        return json;
    }

    // As it was sent, where the change says it; else what became of the fields that were named. So
    // too where something was added to a counter: to other programs an update is a PUT.
    std::string input() const {
        const bool adds = change.kind == WriteKind::update && !change.added.empty();
        if (!change.inputs.empty() && !adds) return as_called_there(change.inputs);
        JsonObject input;
        for (const FieldId id : change.written) {
            std::string value;
            append_json(value, resource.fields[id], value_of(resource, change.row, id));
            input.put(resource.fields[id].name, value);
        }
        return as_called_there(input.json());
    }

    // What refers to the target's own records names them as the target does.
    std::string as_called_there(const std::string& json) const {
        if (!numbers) return json;
        auto body = parse_json(json);
        if (!body) return json;
        for (auto& [name, value] : body->members) {
            const auto id = resource.find_field(name);
            if (!id || resource.fields[*id].refers_to.empty()) continue;
            const Resource& there = *schema->find(resource.fields[*id].refers_to);
            const auto ours = key_from_text(there.key_field(), value.text);
            const auto theirs = ours ? foreign_key_of(there, *numbers, *ours) : std::nullopt;
            if (theirs) value.text = to_text(*theirs);
        }
        std::string translated;
        append_json(translated, *body);
        return translated;
    }

    // What the call names: the record, as the target calls it where it is the target's own.
    Key called() const {
        const Row& row = change.row;
        if (!numbers || was_made_by_node(resource, row, target)) return row.key;
        return foreign_key_of(resource, *numbers, row.key).value_or(row.key);
    }

    std::string path_text() const {
        const std::string all = std::string{path} + '/' + resource.name + '/';
        return change.kind == WriteKind::create ? all : all + to_text(called());
    }

    Part key() const {
        const Key key = called();
        std::string json;
        append_json(json, resource.key_field(), value_from(key));
        return {to_text(key), json};
    }

    std::string header(std::string_view name) const {
        for (const auto& [known, value] : change.headers) {
            if (known == name) return value;
        }
        return "";
    }

    Part part(std::string_view name) const {
        constexpr std::string_view header_begin = "header.";
        const bool created = change.kind == WriteKind::create;
        if (name == "record") return json_part(record());
        if (name == "key") return key();
        if (name == "name") return text_part(to_text(change.stamp.dot));
        if (name == "known_key") return created ? json_part("null") : key();
        if (name == "version") return json_part(std::to_string(version_of(change.row)));
        if (name == "resource") return text_part(resource.name);
        if (name == "one") return text_part(resource.one);
        if (name == "past") return text_part(past_of(change.kind));
        if (name == "source") return text_part(node_of(change.stamp.dot.origin));
        if (name == "target") return text_part(target);
        if (name == "method") return text_part(method_of(change.kind));
        if (name == "path") return text_part(path_text());
        if (name == "input") return json_part(input());
        if (name == "time") return text_part(time_text(change.stamp.time, TimeZone::z));
        if (name == "local_time") return text_part(time_text(change.stamp.time, TimeZone::none));
        if (name.starts_with(header_begin)) {
            return text_part(header(name.substr(header_begin.size())));
        }
        return json_part("null");
    }
};

// Text stands in a JSON string without its quotes, but escaped.
std::string_view inside(std::string_view quoted) {
    return quoted.substr(1, quoted.size() - 2);
}

std::string filled(const Template& pattern, const Source& source) {
    std::string out;
    for (const Template::Piece& piece : pattern.pieces()) {
        out += piece.text;
        if (piece.part.empty()) continue;
        const Part part = source.part(piece.part);
        if (pattern.form() == Template::Form::text) {
            out += part.text;
        } else if (piece.quoted) {
            out += inside(json_text(part.text));
        } else {
            out += part.json;
        }
    }
    return out;
}

// JSON, but for what is a part alone, which is itself.
Template::Form form_of_queue_body(const std::string& body) {
    const Template pattern{body, Template::Form::text};
    const auto& pieces = pattern.pieces();
    const bool alone = pieces.size() == 1 && pieces[0].text.empty();
    return alone ? Template::Form::text : Template::Form::json;
}

bool is_part_alone(const Template& body) {
    return !body.pieces().empty() && body.form() == Template::Form::text;
}

bool contains(const std::vector<WriteKind>& kinds, WriteKind kind) {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

}  // namespace

MessageShape::MessageShape(const Schema& schema, const ShapeTexts& texts)
    : schema_(schema),
      topic_(texts.topic, Template::Form::text),
      key_(texts.key, Template::Form::text),
      body_(texts.body, Template::Form::json),
      targets_(texts.targets),
      path_(texts.path),
      names_writer_(texts.names_writer),
      times_(texts.times),
      foreign_(texts.foreign) {
    for (const auto& [name, text] : texts.headers)
        headers_.emplace_back(name, Template{text, Template::Form::text});
    for (const ShapeQueue& queue : texts.queues)
        queues_.push_back({Template{queue.name, Template::Form::text}, queue.when,
                           Template{queue.body, form_of_queue_body(queue.body)}});
    const Change none;
    for (const Resource& resource : schema.resources) {
        for (const Queue& queue : queues_)
            note_topic(filled(queue.name, {resource, none, {}, {}}));
        if (!targets_ && queues_.empty()) note_topic(filled(topic_, {resource, none, {}, {}}));
    }
}

void MessageShape::note_topic(std::string topic) {
    if (std::find(topics_.begin(), topics_.end(), topic) == topics_.end())
        topics_.push_back(std::move(topic));
}

const MessageShape::Queue* MessageShape::queue_at(std::string_view topic) const {
    const Change none;
    for (const Queue& queue : queues_) {
        for (const Resource& resource : schema_.resources) {
            if (filled(queue.name, {resource, none, {}, {}}) == topic) return &queue;
        }
    }
    return nullptr;
}

const Resource* MessageShape::resource_of(std::string_view topic) const {
    const Queue* queue = queue_at(topic);
    const bool of_all_kinds =
        queue && queue->when.size() > 1 && contains(queue->when, WriteKind::remove);
    if (of_all_kinds || (!queue && !queues_.empty())) return nullptr;
    const Resource* only = nullptr;
    for (const Resource& resource : schema_.resources) {
        const Change none;
        if (filled(queue ? queue->name : topic_, {resource, none, {}, {}}) != topic) continue;
        if (only) return nullptr;
        only = &resource;
    }
    return only;
}

bool MessageShape::tells_of_deletions(std::string_view topic) const {
    const Queue* queue = queue_at(topic);
    return queue && contains(queue->when, WriteKind::remove);
}

std::vector<Message> MessageShape::queue_messages(const Change& change,
                                                  const std::string& json) const {
    std::vector<Message> all;
    Source source{schema_[change.row.resource], change, {}, path_, names_writer_, times_};
    source.says_deleted = false;
    for (const Queue& queue : queues_) {
        if (!contains(queue.when, change.kind)) continue;
        Message& message = all.emplace_back();
        message.topic = filled(queue.name, source);
        message.key = filled(key_, source);
        message.body = queue.body.pieces().empty() ? json : filled(queue.body, source);
        const bool bare = is_part_alone(queue.body);
        message.is_json = !bare || queue.body.pieces()[0].part == "record";
        finish(change, json, message, {});
    }
    return all;
}

std::vector<Message> MessageShape::row_messages(const Row& row) const {
    Change change;
    change.row = row;
    change.kind = row.alive() ? WriteKind::update : WriteKind::remove;
    change.stamp = latest_stamp(row);
    change.at = change.stamp.time;
    std::vector<Message> all = queue_messages(change, "");
    for (Message& message : all)
        std::erase_if(message.headers, [](const auto& one) { return one.first == change_header; });
    return all;
}

std::vector<Message> MessageShape::messages(const Change& change, const std::string& json) const {
    if (!queues_.empty()) return queue_messages(change, json);
    if (!targets_) return {message(change, json)};
    const bool made_elsewhere =
        std::any_of(change.headers.begin(), change.headers.end(),
                    [](const auto& header) { return header.first == replicated_from_header; });
    // A record that was made once too often is taken back under a number that other programs may
    // have given to another one.
    const bool taken_back = change.row.life.superseded_by.has_value();
    std::vector<Message> all;
    for (const std::string& target : *targets_) {
        if ((made_elsewhere || taken_back) && numbers_of(target)) continue;
        all.push_back(message(change, json, target));
    }
    return all;
}

const ForeignNumbers* MessageShape::numbers_of(std::string_view target) const {
    const auto known = foreign_.find(target);
    return known == foreign_.end() ? nullptr : &known->second;
}

std::vector<Message> MessageShape::plain_messages(const std::string& json) const {
    if (!queues_.empty()) return {};  // nobody can tell which of them wants it
    Change change;
    change.stamp = stamp_in(json).value_or(Stamp{});
    std::vector<Message> all;
    for (const std::string& target : targets_.value_or(std::vector<std::string>{""})) {
        Message message = addressed(change, target);
        if (!targets_) message.key.reset();  // its record is not known
        message.body = json;
        message.headers.emplace_back(change_header, json);
        all.push_back(std::move(message));
    }
    return all;
}

Message MessageShape::addressed(const Change& change, std::string_view target) const {
    const Source source{schema_[change.row.resource], change, target, path_, names_writer_, times_};
    Message message;
    message.topic = filled(topic_, source);
    message.key = filled(key_, source);
    message.target = target;
    return message;
}

Message MessageShape::message(const Change& change, const std::string& json,
                              std::string_view target) const {
    Source source{schema_[change.row.resource], change, target, path_, names_writer_, times_};
    source.schema = &schema_;
    source.numbers = numbers_of(target);
    Message message = addressed(change, target);
    message.body = body_.pieces().empty() ? json : filled(body_, source);
    finish(change, json, message, target);
    return message;
}

void MessageShape::finish(const Change& change, const std::string& json, Message& message,
                          std::string_view target) const {
    const Source source{schema_[change.row.resource], change, target, path_, names_writer_, times_};
    for (const auto& [name, text] : headers_)
        message.headers.emplace_back(name, filled(text, source));
    message.headers.emplace_back(change_header, json);
    if (!change.traceparent.empty()) {
        message.headers.emplace_back(trace_header, change.traceparent);
    }
    message.time_ms = change.at.us / 1000;
}

Message MessageShape::row_message(const Row& row, const OriginId& origin) const {
    Change change;
    change.row = row;
    change.kind = row.alive() ? WriteKind::update : WriteKind::remove;
    change.stamp = {latest_stamp(row).time, {origin, 0}};
    Message shown = message(change, "");
    shown.headers = {{joined_header, to_text(row.vector)}};
    shown.time_ms = change.stamp.time.us / 1000;
    return shown;
}

}  // namespace reef::brokers

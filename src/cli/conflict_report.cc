#include "cli/conflict_report.hpp"

#include <algorithm>
#include <charconv>

#include "base/text/json_object.hpp"
#include "cli/table.hpp"
#include "model/vector.hpp"

namespace reef::cli {

namespace {

std::string text_of(const Json& json) {
    std::string text;
    append_json(text, json);
    return text;
}

const Json& member(const Json& json, std::string_view name) {
    static const Json none;
    const Json* found = json.find(name);
    return found ? *found : none;
}

// "us.k3f9:12@…" as "us, 2026-01-01T12:00:00.000000Z".
std::string who_and_when(std::string_view stamp) {
    const auto parsed = model::parse_stamp(stamp);
    if (!parsed) return "";
    const std::string node{model::node_of(parsed->dot.origin)};
    if (parsed->dot.origin == model::base_origin) return "was there before";
    return node + ", " + to_text(parsed->time);
}

struct Life {
    bool alive = false;
    std::string stamp;
};

// "1 us.k3f9:4@…"; of a record that was taken back: "2 us.k3f9:7@… as 4001".
Life life_of(const Json& row) {
    const std::string& text = text_at(row, "life");
    const std::size_t space = text.find(' ');
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    if (space == text.npos) return {};
    const std::size_t end = text.find(' ', space + 1);
    const std::size_t length = end == text.npos ? end : end - space - 1;
    return {number % 2 == 1, text.substr(space + 1, length)};
}

struct Side {
    std::string value;
    std::string written;  // who and when
};

Side side_of(const Json& row, const std::string& field) {
    if (const Json* counter = member(row, "counters").find(field)) {
        std::int64_t sum = 0;
        std::string latest;
        for (const auto& [origin, part] : counter->members) {
            if (part.items.size() != 2) continue;
            sum += std::strtoll(part.items[0].text.c_str(), nullptr, 10);
            const auto stamp = model::parse_stamp(part.items[1].text);
            const auto known = model::parse_stamp(latest);
            if (stamp && (!known || *known < *stamp)) latest = part.items[1].text;
        }
        return {std::to_string(sum), who_and_when(latest)};
    }
    const Json* value = member(row, "fields").find(field);
    if (!value) return {};
    const Json* stamp = member(row, "stamps").find(field);
    return {text_of(*value), who_and_when(stamp ? stamp->text : life_of(row).stamp)};
}

std::vector<std::string> all_fields(const Json& kept, const Json& lost) {
    std::vector<std::string> names;
    for (const Json* row : {&kept, &lost}) {
        for (const char* part : {"fields", "counters"}) {
            const Json& values = member(*row, part);
            for (const auto& [name, value] : values.members) {
                if (std::find(names.begin(), names.end(), name) == names.end())
                    names.push_back(name);
            }
        }
    }
    return names;
}

std::vector<std::string> named_fields(const Json& detail) {
    const Json& fields = member(detail, "fields");
    std::vector<std::string> names;
    for (const Json& name : fields.items)
        names.push_back(name.text);
    return names;
}

std::vector<Line> lines_of(const Json& detail, const Json& kept, const Json& lost) {
    std::vector<Line> lines;
    const Life kept_life = life_of(kept);
    const Life lost_life = life_of(lost);
    const auto said = [](const Life& life) { return life.alive ? "there" : "deleted"; };
    if (kept_life.stamp != lost_life.stamp) {
        lines.push_back({"(record)", said(kept_life), who_and_when(kept_life.stamp),
                         said(lost_life), who_and_when(lost_life.stamp)});
    }
    const std::vector<std::string> names = named_fields(detail);
    const bool named = !names.empty();
    for (const std::string& name : named ? names : all_fields(kept, lost)) {
        const Side left = side_of(kept, name);
        const Side right = side_of(lost, name);
        if (!named && left.value == right.value) continue;
        lines.push_back({name, left.value, left.written, right.value, right.written});
    }
    return lines;
}

std::string record_of(const Json& said) {
    return text_at(said, "resource") + '/' + text_at(said, "key");
}

}  // namespace

void ConflictReports::add(const std::string& node, Json said) {
    ConflictReport& report = by_id_[text_at(said, "id")];
    if (report.settled.empty()) report.settled = text_at(said, "settled");
    report.nodes.push_back(node);
    const bool first = report.nodes.size() == 1;
    if (first || text_at(said, "at") < text_at(report.said, "at")) report.said = std::move(said);
}

std::vector<const ConflictReport*> ConflictReports::in_order() const {
    std::vector<const ConflictReport*> all;
    for (const auto& [id, report] : by_id_)
        all.push_back(&report);
    std::stable_sort(all.begin(), all.end(), [](const auto* a, const auto* b) {
        return text_at(a->said, "at") < text_at(b->said, "at");
    });
    return all;
}

const ConflictReport* ConflictReports::find(const std::string& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &found->second;
}

std::string conflict_line(const ConflictReport& report) {
    const Json& said = report.said;
    std::string line = text_at(said, "id") + "  " + text_at(said, "at") + "  " + record_of(said) +
                       "  " + text_at(said, "kind");
    const std::vector<std::string> fields = named_fields(member(said, "detail"));
    for (const std::string& field : fields)
        line += ' ' + field;
    if (!report.settled.empty()) line += "  settled by " + report.settled;
    return line + '\n';
}

std::string conflict_json(const ConflictReport& report) {
    JsonObject json;
    for (const auto& [name, value] : report.said.members) {
        if (name != "settled" && name != "number") json.put(name, text_of(value));
    }
    if (!report.settled.empty()) json.put_text("settled", report.settled);
    json.put("nodes", json_texts(report.nodes));
    return json.json() + '\n';
}

std::string conflict_text(const ConflictReport& report) {
    const Json& said = report.said;
    const Json& detail = member(said, "detail");
    std::string text = "conflict   " + text_at(said, "id") + '\n';
    text += "record     " + record_of(said) + '\n';
    text += "kind       " + text_at(said, "kind") + '\n';
    text += "found      " + text_at(said, "at") + ", listed by";
    for (const std::string& node : report.nodes)
        text += (&node == &report.nodes.front() ? " " : ", ") + node;
    text += "\nstate      ";
    text += report.settled.empty() ? "open" : "settled by " + report.settled;
    text += '\n';
    if (const std::string& letter = text_at(detail, "letter"); !letter.empty())
        text += "given up   " + letter + ": " + text_at(detail, "reason") + '\n';
    if (const Json* records = detail.find("records")) {
        text += "records   ";
        for (const Json& record : records->items)
            text += ' ' + record.text;
        text += '\n';
    }
    const Json* kept = detail.find("kept");
    const Json* lost = detail.find("lost");
    if (!kept || !lost) return detail.find("here") ? text + text_of(detail) + '\n' : text;
    const std::vector<Column> columns{
        {"FIELD"}, {"KEPT"}, {"WRITTEN BY"}, {"LOST"}, {"WRITTEN BY"}};
    return text + '\n' + table_text(columns, lines_of(detail, *kept, *lost));
}

}  // namespace reef::cli

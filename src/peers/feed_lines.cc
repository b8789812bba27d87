#include "peers/feed_lines.hpp"

#include <charconv>

#include "base/text/json_object.hpp"

namespace reef::peers {

namespace {

constexpr std::string_view heartbeat_begin = "{\"heartbeat\":";

void append_hashes(std::string& out, const decltype(Heartbeat::hashes)& hashes) {
    out += ",\"hashes\":{";
    for (const auto& [origin, hash] : hashes) {
        if (out.back() != '{') out += ',';
        append_json_string(out, origin);
        out += ":\"" + to_hex(hash) + '"';
    }
    out += '}';
}

Error bad() {
    return {Errc::invalid, "a heartbeat that is none"};
}

// ,"ended":{"us.k3f9":"200 9f31…"}
void append_ended(std::string& out, const std::map<model::OriginId, store::EndedLife>& ended) {
    out += ",\"ended\":{";
    for (const auto& [origin, life] : ended) {
        if (out.back() != '{') out += ',';
        append_json_string(out, origin);
        out += ":\"" + store::ended_text(life) + '"';
    }
    out += '}';
}

std::optional<std::map<model::OriginId, store::EndedLife>> read_ended(const Json& json) {
    std::map<model::OriginId, store::EndedLife> ended;
    for (const auto& [origin, text] : json.members) {
        const auto life = store::parse_ended(text.text);
        if (!life || !model::is_origin(origin)) return std::nullopt;
        ended.emplace(origin, *life);
    }
    return ended;
}

}  // namespace

void append_line(std::string& out, const Heartbeat& heartbeat) {
    out += heartbeat_begin;
    out += "{\"node\":";
    append_json_string(out, heartbeat.node);
    out += ",\"time\":" + std::to_string(heartbeat.time.us);
    out += ",\"received\":\"" + model::to_text(heartbeat.received);
    out += "\",\"applied\":\"" + model::to_text(heartbeat.applied);
    out += '"';
    if (!heartbeat.before.empty()) {
        out += ",\"before\":";
        append_json_string(out, heartbeat.before);
    }
    if (heartbeat.seeded) out += ",\"seeded\":true";
    if (heartbeat.signs) out += ",\"signs\":true";
    if (heartbeat.ended) append_ended(out, *heartbeat.ended);
    if (!heartbeat.runs.empty()) out += ",\"runs\":" + json_texts(heartbeat.runs);
    if (!heartbeat.life.empty()) out += ",\"life\":" + json_text(heartbeat.life);
    if (!heartbeat.hashes.empty()) append_hashes(out, heartbeat.hashes);
    out += "}}\n";
}

void append_line(std::string& out, std::string_view change_json) {
    out += change_json;
    out += '\n';
}

Result<Arrival> parse_line(std::string line, const Beat* before) {
    if (is_beat(line)) {
        if (auto beat = parse_beat(line, before)) return Arrival{std::move(*beat)};
        return Error{Errc::invalid, "a beat that is none"};
    }
    if (!line.starts_with(heartbeat_begin)) return Arrival{std::move(line)};
    const auto json = parse_json(line);
    if (!json) return json.error();
    const Json& said = json->members.front().second;
    const Json* node = said.find("node");
    const Json* time = said.find("time");
    const Json* received = said.find("received");
    const Json* applied = said.find("applied");
    if (!node || !time || !received || !applied) return bad();
    Heartbeat heartbeat;
    heartbeat.node = node->text;
    const char* end = time->text.data() + time->text.size();
    const auto read = std::from_chars(time->text.data(), end, heartbeat.time.us);
    auto known = model::parse_position(received->text);
    auto seen = model::parse_position(applied->text);
    if (read.ec != std::errc{} || read.ptr != end || !known || !seen) return bad();
    heartbeat.received = std::move(*known);
    heartbeat.applied = std::move(*seen);
    heartbeat.before = text_at(said, "before");
    heartbeat.seeded = true_at(said, "seeded");
    if (const Json* runs = said.find("runs")) {
        for (const Json& run : runs->items)
            heartbeat.runs.push_back(run.text);
    }
    heartbeat.life = text_at(said, "life");
    if (const Json* hashes = said.find("hashes")) {
        for (const auto& [origin, text] : hashes->members) {
            if (const auto hash = parse_hash(text.text)) heartbeat.hashes.emplace(origin, *hash);
        }
    }
    heartbeat.signs = true_at(said, "signs");
    if (const Json* ended = said.find("ended")) {
        auto lives = read_ended(*ended);
        if (!lives) return bad();
        heartbeat.ended = std::move(*lives);
    }
    return Arrival{std::move(heartbeat)};
}

}  // namespace reef::peers

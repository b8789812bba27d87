#include "model/effects.hpp"

#include <algorithm>
#include <charconv>

namespace reef::model {

namespace {

// All effects as one list by stamp, the first of them in front again afterwards.
std::vector<RequestSeen> unfolded(const RequestSeen& seen) {
    std::vector<RequestSeen> all{seen};
    all.front().later.clear();
    all.insert(all.end(), seen.later.begin(), seen.later.end());
    return all;
}

bool same_request(const RequestSeen& effect, const RecordRef& record, const Hash128& body) {
    return effect.record == record && effect.body == body;
}

void append_added(std::string& out, const Resource& resource, const RequestSeen& effect) {
    out += ",\"life\":\"" + life_text(effect.life) + "\",\"added\":{";
    for (std::size_t i = 0; i < effect.added.size(); ++i) {
        if (i > 0) out += ',';
        append_json_string(out, resource.fields[effect.added[i].first].name);
        out += ':' + std::to_string(effect.added[i].second);
    }
    out += '}';
}

void append_effect(std::string& out, const Schema& schema, const RequestSeen& effect) {
    const Resource& resource = schema[effect.record.resource];
    out += "{\"stamp\":\"" + to_text(effect.stamp) + "\",\"kind\":\"";
    out += name_of(effect.kind);
    out += "\",\"resource\":";
    append_json_string(out, resource.name);
    const bool number = std::holds_alternative<std::int64_t>(effect.record.key);
    out += number ? ",\"key\":" : ",\"text\":";
    if (number) {
        out += to_text(effect.record.key);
    } else {
        append_json_string(out, to_text(effect.record.key));
    }
    out += ",\"attempt\":";
    append_json_string(out, effect.attempt);
    out += ",\"body\":\"" + to_hex(effect.body) + '"';
    if (!effect.added.empty()) append_added(out, resource, effect);
    out += '}';
}

Error unreadable() {
    return {Errc::invalid, "what is kept of a request's effects is not readable"};
}

std::optional<std::int64_t> read_integer(const Json& json) {
    std::int64_t number = 0;
    const char* end = json.text.data() + json.text.size();
    const auto read = std::from_chars(json.text.data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return number;
}

bool read_added(const Resource& resource, const Json& json, RequestSeen& effect) {
    const Json* added = json.find("added");
    if (!added) return true;
    const Json* life_json = json.find("life");
    const auto life = life_json ? parse_life(life_json->text) : std::nullopt;
    if (!life) return false;
    effect.life = *life;
    for (const auto& [name, delta] : added->members) {
        const auto field = resource.find_field(name);
        const auto number = read_integer(delta);
        if (!number) return false;
        if (field) effect.added.emplace_back(*field, *number);
    }
    return true;
}

// Absent: not readable. Of a resource that the app no longer has: an effect without a stamp.
std::optional<RequestSeen> read_effect(const Schema& schema, const Json& json) {
    const auto text_at = [&json](std::string_view name) {
        const Json* member = json.find(name);
        return member ? member->text : std::string{};
    };
    RequestSeen effect;
    const Resource* resource = schema.find(text_at("resource"));
    if (!resource) return effect;
    effect.record.resource = resource->id;
    if (const Json* number = json.find("key")) {
        const auto key = read_integer(*number);
        if (!key) return std::nullopt;
        effect.record.key = *key;
    } else {
        effect.record.key = text_at("text");
    }
    const auto stamp = parse_stamp(text_at("stamp"));
    const auto body = parse_hash(text_at("body"));
    const auto kind = parse_write_kind(text_at("kind"));
    if (!stamp || !body || !kind || !read_added(*resource, json, effect)) return std::nullopt;
    effect.stamp = *stamp;
    effect.body = *body;
    effect.kind = *kind;
    effect.attempt = text_at("attempt");
    return effect;
}

}  // namespace

bool add_effects(RequestSeen& known, const RequestSeen& more) {
    std::vector<RequestSeen> all = unfolded(known);
    bool changed = false;
    for (RequestSeen& effect : unfolded(more)) {
        const auto at = std::lower_bound(
            all.begin(), all.end(), effect,
            [](const RequestSeen& a, const RequestSeen& b) { return a.stamp < b.stamp; });
        if (at != all.end() && at->stamp == effect.stamp) {
            // A forwarder knows of its write before the change says what it added.
            if (!at->added.empty() || effect.added.empty()) continue;
            *at = std::move(effect);
            changed = true;
            continue;
        }
        all.insert(at, std::move(effect));
        changed = true;
    }
    if (!changed) return false;
    if (all.size() > effects_max) all.resize(effects_max);
    RequestSeen folded = std::move(all.front());
    folded.later.assign(std::make_move_iterator(all.begin() + 1),
                        std::make_move_iterator(all.end()));
    const bool differs = folded != known;
    known = std::move(folded);
    return differs;
}

std::vector<Twin> twins_of(const RequestSeen& known, const RecordRef& record, const Hash128& body) {
    if (known.later.empty()) return {};
    std::vector<Twin> twins;
    std::vector<Life> lives;  // of the effects so far
    bool first = true;
    for (RequestSeen& effect : unfolded(known)) {
        if (!same_request(effect, record, body)) continue;
        const bool again = std::find(lives.begin(), lives.end(), effect.life) != lives.end();
        if (!first) twins.push_back({effect.stamp.dot, {}, {}});
        if (!first && again && !effect.added.empty()) {
            twins.back().life = effect.life;
            twins.back().deltas = std::move(effect.added);
            std::sort(twins.back().deltas.begin(), twins.back().deltas.end());
        }
        lives.push_back(effect.life);
        first = false;
    }
    std::sort(twins.begin(), twins.end(),
              [](const Twin& a, const Twin& b) { return a.dot < b.dot; });
    return twins;
}

std::vector<Stamp> twin_stamps(const RequestSeen& known) {
    std::vector<Stamp> twins;
    if (known.later.empty()) return twins;
    const std::vector<RequestSeen> all = unfolded(known);
    for (auto effect = all.begin(); effect != all.end(); ++effect) {
        const bool again = std::any_of(all.begin(), effect, [effect](const RequestSeen& earlier) {
            return same_request(earlier, effect->record, effect->body);
        });
        if (again) twins.push_back(effect->stamp);
    }
    return twins;
}

std::vector<DuplicateCreate> extra_records(const RequestSeen& known, std::string_view node) {
    if (known.later.empty()) return {};
    std::vector<DuplicateCreate> extra;
    const std::vector<RequestSeen> all = unfolded(known);
    const auto is_creation = [](const RequestSeen& effect) {
        return effect.kind == WriteKind::create &&
               std::holds_alternative<std::int64_t>(effect.record.key);
    };
    for (auto effect = all.begin(); effect != all.end(); ++effect) {
        if (!is_creation(*effect) || node_of(effect->stamp.dot.origin) != node) continue;
        const auto first = std::find_if(all.begin(), effect, [&](const RequestSeen& earlier) {
            return is_creation(earlier) && earlier.body == effect->body;
        });
        if (first == effect || first->record == effect->record) continue;
        extra.push_back({effect->record, effect->stamp, std::get<std::int64_t>(first->record.key)});
    }
    return extra;
}

std::string effects_text(const Schema& schema, const RequestSeen& seen) {
    if (seen.added.empty() && seen.later.empty()) return {};
    std::string text = "{\"later\":[";
    for (std::size_t i = 0; i < seen.later.size(); ++i) {
        if (i > 0) text += ',';
        append_effect(text, schema, seen.later[i]);
    }
    text += ']';
    if (!seen.added.empty()) append_added(text, schema[seen.record.resource], seen);
    text += '}';
    return text;
}

Result<void> read_effects_text(const Schema& schema, std::string_view text, RequestSeen& seen) {
    if (text.empty()) return {};
    const auto json = parse_json(text);
    if (!json) return json.error();
    if (!read_added(schema[seen.record.resource], *json, seen)) return unreadable();
    const Json* later = json->find("later");
    if (!later) return unreadable();
    for (const Json& item : later->items) {
        auto effect = read_effect(schema, item);
        if (!effect) return unreadable();
        if (effect->stamp.dot.seq > 0) seen.later.push_back(std::move(*effect));
    }
    return {};
}

}  // namespace reef::model

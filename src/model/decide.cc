#include "model/decide.hpp"

#include <algorithm>

#include "model/new_row.hpp"
#include "model/patch.hpp"
#include "model/refuse.hpp"
#include "model/unique_values.hpp"
#include "model/value_text.hpp"

namespace reef::model {

bool Facts::is_foreign(const std::string& node) const {
    return std::find(foreign_nodes.begin(), foreign_nodes.end(), node) != foreign_nodes.end();
}

namespace {

// ---- keys ------------------------------------------------------------------------------------

std::string uuid_text(std::array<std::uint8_t, 16> bytes, int version) {
    static constexpr char hex[] = "0123456789abcdef";
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | (version << 4));
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += hex[bytes[i] >> 4];
        text += hex[bytes[i] & 15];
    }
    return text;
}

std::string uuid7(Time time, std::array<std::uint8_t, 16> random) {
    auto ms = static_cast<std::uint64_t>(time.us / 1000);
    for (std::size_t i = 6; i-- > 0; ms >>= 8)
        random[i] = static_cast<std::uint8_t>(ms);
    return uuid_text(random, 7);
}

// Of several ids of a request the one that its client keeps on every try: many give each try an
// X-Request-ID of its own, beside one Idempotency-Key for all.
const RequestId& steadiest(const std::vector<RequestId>& ids) {
    const auto key = std::find_if(ids.begin(), ids.end(),
                                  [](const RequestId& id) { return id.kind == RequestKind::key; });
    return key == ids.end() ? ids.front() : *key;
}

// A request that is tried in two regions makes one record: its key follows from its id. The
// client may repeat its own id hours later, so nothing but the id goes into that key: version 8.
// The gateway tries its id again at once and says the same time: version 7, in order of time.
std::optional<Key> key_from_request(const Resource& resource, const Intent& intent) {
    if (resource.key_field().key != KeyKind::uuid7 || intent.request.ids.empty()) {
        return std::nullopt;
    }
    const RequestId& id = steadiest(intent.request.ids);
    const Hash128 hash = hash_of(resource.name + ' ' + to_text(id));
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<std::uint8_t>(hash.high >> (8 * i));
        bytes[i + 8] = static_cast<std::uint8_t>(hash.low >> (8 * i));
    }
    if (id.kind == RequestKind::attempt && intent.gateway_time) {
        return Key{uuid7(*intent.gateway_time, bytes)};
    }
    return Key{uuid_text(bytes, 8)};
}

std::optional<Key> new_key(const Resource& resource, const Intent& intent, const Facts& facts) {
    if (auto key = key_from_request(resource, intent)) return key;
    if (resource.key_field().key == KeyKind::uuid7) {
        return Key{uuid7(intent.received, facts.random())};
    }
    if (const auto slot = facts.free_slot(resource.id)) return Key{*slot};
    return std::nullopt;
}

// ---- has this request been here before? ------------------------------------------------------

std::optional<Decision> seen_before(const Intent& intent, const Facts& facts) {
    const RequestMark& mark = intent.request;
    const auto seen_as = [&facts, &mark](RequestKind kind) -> const RequestSeen* {
        for (const RequestId& id : mark.ids) {
            if (id.kind == kind) {
                if (const RequestSeen* seen = facts.request(id)) return seen;
            }
        }
        return nullptr;
    };
    const RequestSeen* by_key = seen_as(RequestKind::key);
    const RequestSeen* by_id = seen_as(RequestKind::id);
    const RequestSeen* by_attempt = seen_as(RequestKind::attempt);
    for (const RequestSeen* seen : {by_attempt, by_key, by_id}) {
        if (seen && !mark.attempt.empty() && seen->attempt == mark.attempt) return Replayed{*seen};
    }
    if (by_key) {
        if (by_key->body == mark.body) return Replayed{*by_key};
        return refuse(Refusal::key_reused,
                      "this Idempotency-Key was used for another request: take a new one");
    }
    if (by_id) {
        return refuse(Refusal::duplicate_request,
                      "a request with this X-Request-ID has taken effect: it changed " +
                          to_text(by_id->record.key));
    }
    if (by_attempt) return Replayed{*by_attempt};
    return std::nullopt;
}

// ---- where it is decided, and whether it may be ----------------------------------------------

// Who else decides, or in whose stead this node does. Absent: this node, like any other one.
std::optional<Decider> decider_of(const Resource& resource, const Intent& intent,
                                  const Row& current, const Facts& facts) {
    const std::string* home = home_of(resource, current);
    if (!home || intent.decide_locally || facts.is_foreign(*home)) return std::nullopt;
    Decider decider = facts.decider(*home, intent.passed);
    if (decider.node == facts.node() && decider.in_stead.empty()) return std::nullopt;
    return decider;
}

std::optional<Decision> sent_home(const Resource& resource, const Intent& intent,
                                  const Row& current, const Decider& decider, const Facts& facts) {
    if (!decider.in_stead.empty() && resource.home_down == HomeDown::reject) {
        return refuse(Refusal::home_unreachable,
                      name_of(resource, current.key) + " is written in " + decider.in_stead +
                          ", which can't be reached now: try again soon");
    }
    if (decider.node == facts.node()) return std::nullopt;
    const bool compared = intent.precondition.names_version();
    return ForwardHome{decider.node, compared ? std::optional{current.vector} : std::nullopt,
                       distinct_writes(current)};
}

// What this store lacks may be at the home: it is asked at once, and compares the versions itself.
std::optional<Decision> sent_ahead(const Decision& lacking, const std::optional<Decider>& decider,
                                   const Facts& facts) {
    const auto* refused = std::get_if<Refused>(&lacking);
    const bool behind = refused && refused->refusal == Refusal::replica_behind;
    if (!behind || !decider || decider->node == facts.node() || !decider->compares)
        return std::nullopt;
    return ForwardHome{decider->node, std::nullopt, 0};
}

std::optional<Decision> check_version(const Resource& resource, const Intent& intent,
                                      const Row& current, const Facts& facts) {
    if (!intent.precondition.version) return std::nullopt;
    const std::uint64_t wanted = *intent.precondition.version;
    const std::uint64_t version = version_of(current);
    if (wanted == version) return std::nullopt;
    const bool ahead = wanted > version && facts.has_peers();
    return refuse(ahead ? Refusal::replica_behind : Refusal::version_conflict,
                  name_of(resource, current.key) + " is at version " + std::to_string(version) +
                      ", the request has version " + std::to_string(wanted),
                  &current, "/version");
}

std::optional<Decision> check_if_match(const Resource& resource, const Intent& intent,
                                       const Row& current, const Facts& facts) {
    const Precondition& precondition = intent.precondition;
    if (precondition.if_match_any || precondition.if_match.empty()) return std::nullopt;
    bool ahead = false;
    for (const Vector& vector : precondition.if_match) {
        const Order order = vector.compare(current.vector);
        if (order == Order::equal) return std::nullopt;
        ahead = ahead || order == Order::after || order == Order::concurrent;
    }
    const bool behind = ahead && facts.has_peers();  // else no such row will ever come
    return refuse(behind ? Refusal::replica_behind : Refusal::precondition_failed,
                  name_of(resource, current.key) + " has changed since: its ETag is \"" +
                      to_text(current.vector) + '"',
                  &current);
}

std::optional<Decision> check_if_none_match(const Resource& resource, const Intent& intent,
                                            const Row& current) {
    const auto& tags = intent.precondition.if_none_match;
    const bool matches = intent.precondition.if_none_match_any ||
                         std::find(tags.begin(), tags.end(), current.vector) != tags.end();
    if (!matches) return std::nullopt;
    return refuse(Refusal::precondition_failed, name_of(resource, current.key) + " exists already",
                  &current);
}

// The write was compared with the other region's row: it counts only if that was this one.
std::optional<Decision> check_compared(const Resource& resource, const Intent& intent,
                                       const Row& current) {
    if (!intent.precondition.compared) return std::nullopt;
    const Order order = intent.precondition.compared->compare(current.vector);
    if (order == Order::equal) return std::nullopt;
    // A region that comes back brings second effects of requests whose first one it had seen.
    const bool only_twins =
        only_twins_beyond(*intent.precondition.compared, current.vector, current.twins);
    if (order == Order::before && only_twins) return std::nullopt;
    return refuse(order == Order::before ? Refusal::version_conflict : Refusal::replica_behind,
                  name_of(resource, current.key) + " has changed since, at its home", &current);
}

// Preconditions, in the order in which a client would want to hear of them.
std::optional<Decision> check_lock(const Resource& resource, const Intent& intent,
                                   const Row& current, const Facts& facts) {
    if (resource.lock_required && !intent.precondition.names_version() &&
        !intent.precondition.compared) {
        return refuse(Refusal::precondition_required,
                      "say which version this is about: If-Match or version", &current);
    }
    if (auto no = check_if_match(resource, intent, current, facts)) return no;
    if (auto no = check_if_none_match(resource, intent, current)) return no;
    if (auto no = check_compared(resource, intent, current)) return no;
    return check_version(resource, intent, current, facts);
}

// ---- the fields ------------------------------------------------------------------------------

std::optional<Decision> check_reference(const Schema& schema, const Field& field,
                                        const Value& value, const Facts& facts) {
    if (field.refers_to.empty() || is_null(value)) return std::nullopt;
    const Resource& target = *schema.find(field.refers_to);
    const auto key = key_from(target.key_field(), value);
    const Row* row = key ? facts.record({target.id, *key}) : nullptr;
    if (row && row->alive()) return std::nullopt;
    return refuse(Refusal::unknown_reference,
                  "there is no " + field.refers_to + '/' + to_text(target.key_field(), value),
                  nullptr, pointer_to(field));
}

std::optional<Decision> check_order(const Field& field, const Cell& cell, const Value& value,
                                    const Row& current) {
    if (!is_against_order(field, cell.value, value)) return std::nullopt;
    std::string detail = field.name + " is ";
    append_json(detail, field, cell.value);
    detail += " and can't become ";
    append_json(detail, field, value);
    return refuse(Refusal::against_order, std::move(detail), &current, pointer_to(field));
}

// What the server sets may be sent back as it was, and never otherwise.
std::optional<Decision> check_immutable(const Resource& resource, FieldId id, const Value& value,
                                        const Row& current) {
    const Field& field = resource.fields[id];
    const bool fixed = id == resource.key || field.set != SetBy::client;
    if (!fixed || value == value_of(resource, current, id)) return std::nullopt;
    return refuse(Refusal::immutable_field, field.name + " can't be changed", &current,
                  pointer_to(field));
}

std::optional<Decision> check_fields(const Schema& schema, const Resource& resource,
                                     const Intent& intent, const Row* current, const Facts& facts) {
    for (const auto& [id, value] : intent.fields) {
        const Field& field = resource.fields[id];
        if (current) {
            if (auto no = check_immutable(resource, id, value, *current)) return no;
            if (resource.has_state(id)) {
                if (auto no = check_order(field, current->cells[id], value, *current)) return no;
            }
        }
        if (auto no = check_reference(schema, field, value, facts)) return no;
    }
    return check_unique_values(schema, resource, intent, current, facts);
}

std::optional<Decision> check_referrers(const Schema& schema, const Resource& resource,
                                        const Row& current, const Facts& facts) {
    for (const Resource& other : schema.resources) {
        for (FieldId id = 0; id < other.fields.size(); ++id) {
            if (other.fields[id].refers_to != resource.name) continue;
            if (!facts.referred({other.id, id, value_from(current.key)})) continue;
            return refuse(Refusal::still_referenced,
                          other.name + " still refer to " + name_of(resource, current.key),
                          &current);
        }
    }
    return std::nullopt;
}

// ---- the new row -----------------------------------------------------------------------------

void write_fields(const Resource& resource, const Intent& intent, Change& change) {
    for (const auto& [id, value] : intent.fields) {
        const Field& field = resource.fields[id];
        if (field.set != SetBy::client || !resource.has_state(id)) continue;
        // It was not claimed again, so it must not win over another node's change of it.
        const bool stays = field.unique_at_home && change.kind == WriteKind::update;
        if (stays && has_already(&change.row, id, value)) continue;
        set_field(resource, change, id, value);
        change.written.push_back(id);
    }
}

// The fields of the request, with those that follow from what the record has.
std::variant<Intent, Refused> with_patches(const Resource& resource, const Intent& intent,
                                           const Row& current) {
    Intent whole = intent;
    whole.patches.clear();
    for (const FieldPatch& patch : intent.patches) {
        auto value = patched_value(resource, current, patch);
        const Field& field = resource.fields[patch.field];
        if (!value) {
            return refuse(Refusal::out_of_range, field.name + ' ' + value.error().what, &current,
                          pointer_to(field));
        }
        whole.fields.emplace_back(patch.field, std::move(*value));
    }
    return whole;
}

Decision update(const Schema& schema, const Resource& resource, const Intent& intent,
                const Row& current, const Facts& facts) {
    if (!intent.patches.empty()) {
        auto whole = with_patches(resource, intent, current);
        if (auto* no = std::get_if<Refused>(&whole)) return std::move(*no);
        return update(schema, resource, std::get<Intent>(whole), current, facts);
    }
    if (auto no = check_fields(schema, resource, intent, &current, facts)) return *no;
    Change change = begin_change(WriteKind::update, intent, &current, facts);
    write_fields(resource, intent, change);
    set_own_fields(resource, change, facts.node());
    return change;
}

Decision remove(const Schema& schema, const Resource& resource, const Intent& intent,
                const Row& current, const Facts& facts) {
    if (auto no = check_referrers(schema, resource, current, facts)) return *no;
    Change change = begin_change(WriteKind::remove, intent, &current, facts);
    change.row.life = {current.life.n + 1, change.stamp};
    set_own_fields(resource, change, facts.node());
    return change;
}

Decision create(const Schema& schema, const Resource& resource, const Intent& intent,
                const Facts& facts) {
    const auto key = intent.key ? intent.key : new_key(resource, intent, facts);
    if (!key) return refuse(Refusal::ids_exhausted, "no free id is left for this node");
    const Row* buried = facts.record({resource.id, *key});
    if (buried && buried->alive()) {  // the key followed from the request's id
        return refuse(Refusal::already_exists, name_of(resource, *key) + " exists already", buried);
    }
    if (auto no = check_fields(schema, resource, intent, nullptr, facts)) return *no;
    Change change = begin_life(resource, *key, intent, buried, facts);
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const Field& field = resource.fields[id];
        if (!resource.has_state(id) || named_value(intent, id)) continue;
        if (field.default_value) set_field(resource, change, id, *field.default_value);
    }
    write_fields(resource, intent, change);
    set_own_fields(resource, change, facts.node());
    for (const auto& [id, value] : intent.fields) {
        const SetBy set = resource.fields[id].set;
        const bool by_node = set == SetBy::node || set == SetBy::on_create;
        if (intent.settles && by_node) set_field(resource, change, id, value);
    }
    return change;
}

// A delete of what is deleted, by somebody who has seen both sides of a conflict about it.
Decision confirm_deleted(const Resource& resource, const Intent& intent, const Row& buried,
                         const Facts& facts) {
    Change change = begin_change(WriteKind::remove, intent, &buried, facts);
    change.row.life = {buried.life.n + 2, change.stamp, buried.life.superseded_by};
    set_own_fields(resource, change, facts.node());
    return change;
}

}  // namespace

std::string_view name_of(Refusal refusal) {
    static constexpr std::array names{
        "not_found",           "already_exists",        "version_conflict",
        "precondition_failed", "precondition_required", "duplicate_request",
        "key_reused",          "unknown_reference",     "still_referenced",
        "not_unique",          "against_order",         "immutable_field",
        "replica_behind",      "home_unreachable",      "ids_exhausted",
        "record_too_large",    "out_of_range"};
    return names[static_cast<std::size_t>(refusal)];
}

Lookups lookups_of(const Schema& schema, const Intent& intent) {
    const Resource& resource = schema[intent.resource];
    Lookups lookups;
    const auto key = intent.key ? intent.key : key_from_request(resource, intent);
    if (key) lookups.records.push_back({resource.id, *key});
    for (const ClaimAnswer& answer : intent.claims) {
        if (answer.taken_by) lookups.records.push_back({resource.id, *answer.taken_by});
    }
    for (const auto& [id, value] : intent.fields) {
        const Field& field = resource.fields[id];
        if (is_null(value)) continue;
        if (field.unique) lookups.holders.push_back({resource.id, id, value});
        if (field.refers_to.empty()) continue;
        const Resource& target = *schema.find(field.refers_to);
        if (auto target_key = key_from(target.key_field(), value)) {
            lookups.records.push_back({target.id, std::move(*target_key)});
        }
    }
    if (intent.kind != WriteKind::remove || !intent.key) return lookups;
    for (const Resource& other : schema.resources) {
        for (FieldId id = 0; id < other.fields.size(); ++id) {
            if (other.fields[id].refers_to == resource.name) {
                lookups.referrers.push_back({other.id, id, value_from(*intent.key)});
            }
        }
    }
    return lookups;
}

std::optional<Change> retract(const Schema& schema, const DuplicateCreate& extra,
                              const Facts& facts) {
    const Row* row = facts.record(extra.record);
    if (!row || !row->alive() || row->life.stamp != extra.made) return std::nullopt;
    Intent intent;
    intent.received = facts.now;
    Change change = begin_change(WriteKind::remove, intent, row, facts);
    change.row.life = {row->life.n + 1, change.stamp, extra.superseded_by};
    set_own_fields(schema[extra.record.resource], change, facts.node());
    return change;
}

namespace {

Decision decide_anew(const Schema& schema, const Resource& resource, const Intent& intent,
                     const Row* current, const Facts& facts) {
    const bool alive = current && current->alive();
    if (!alive && current && intent.settles) {
        if (auto no = check_if_match(resource, intent, *current, facts)) return *no;
        if (intent.kind == WriteKind::remove)
            return confirm_deleted(resource, intent, *current, facts);
    }
    if (!alive && intent.kind != WriteKind::create) {
        Refused gone = refuse(Refusal::not_found, "there is no " + name_of(resource, *intent.key));
        if (current) gone.superseded_by = current->life.superseded_by;
        return gone;
    }
    if (!alive) return create(schema, resource, intent, facts);
    if (intent.kind == WriteKind::create) {
        if (auto no = check_if_none_match(resource, intent, *current)) return *no;
        if (resource.create != CreateMode::or_update) {
            return refuse(Refusal::already_exists,
                          name_of(resource, *intent.key) + " exists already", current);
        }
    }
    const auto decider = decider_of(resource, intent, *current, facts);
    if (intent.kind != WriteKind::create) {
        if (auto no = check_lock(resource, intent, *current, facts))
            return sent_ahead(*no, decider, facts).value_or(std::move(*no));
    }
    if (decider) {
        if (auto sent = sent_home(resource, intent, *current, *decider, facts)) return *sent;
    }
    Decision decision = intent.kind == WriteKind::remove
                            ? remove(schema, resource, intent, *current, facts)
                            : update(schema, resource, intent, *current, facts);
    if (auto* change = std::get_if<Change>(&decision); change && decider)
        change->in_stead = decider->in_stead;
    return decision;
}

// Of the home of a value that was silent, where it was not the record's.
void note_unasked(const Intent& intent, Decision& decision) {
    auto* change = std::get_if<Change>(&decision);
    if (!change) return;
    for (const ClaimAnswer& answer : intent.claims) {
        if (change->in_stead.empty()) change->in_stead = answer.in_stead;
    }
}

bool is_about_the_row(Refusal refusal) {
    return refusal == Refusal::not_found || refusal == Refusal::already_exists ||
           refusal == Refusal::version_conflict || refusal == Refusal::precondition_failed;
}

}  // namespace

// Request ids come first: a retried success must never hear that its own version is stale. A row
// that the answer to another write brought may hold the success while its request is still on the
// way here: then that is waited for.
Decision decide(const Schema& schema, const Intent& intent, const Facts& facts) {
    const Resource& resource = schema[intent.resource];
    if (auto decided = seen_before(intent, facts)) return *decided;
    const Row* current = intent.key ? facts.record({resource.id, *intent.key}) : nullptr;
    Decision decision = decide_anew(schema, resource, intent, current, facts);
    note_unasked(intent, decision);
    auto* refused = std::get_if<Refused>(&decision);
    if (refused && current && is_about_the_row(refused->refusal) && facts.has_peers() &&
        !facts.has_logged(current->vector)) {
        refused->refusal = Refusal::replica_behind;
        refused->doubtful = true;
        refused->superseded_by.reset();
    }
    return decision;
}

}  // namespace reef::model

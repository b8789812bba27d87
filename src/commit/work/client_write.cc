#include "commit/work/client_write.hpp"

#include "commit/batch_state.hpp"

namespace reef::commit {

using namespace model;

std::size_t ClientWrite::rows_count() const {
    return 1;
}

void ClientWrite::add_to(store::LoadRequest& request, const Schema& schema) const {
    append(request, lookups_of(schema, intent));
    append(request.requests, intent.request.ids);
    if (gives_number(schema)) ++request.new_keys[intent.resource];
}

// A create without a key of its own, where the node numbers the records.
bool ClientWrite::gives_number(const Schema& schema) const {
    const bool numbered = schema[intent.resource].key_field().key == KeyKind::slots;
    return numbered && intent.kind == WriteKind::create && !intent.key;
}

std::vector<RecordRef> ClientWrite::lacking(const Facts& /*facts*/) const {
    return {};
}

// A row that is only looked at may be locked: it is as it was loaded.
std::vector<RecordRef> ClientWrite::written() const {
    if (!intent.key) return {};
    return {{intent.resource, *intent.key}};
}

bool ClientWrite::needs_lease() const {
    return false;
}

Result<Done> ClientWrite::take(BatchState& state) const {
    Decision decision = decide(state.schema(), intent, state);
    if (auto* change = std::get_if<Change>(&decision)) {
        Accepted accepted{change->row, change->kind, change->stamp};
        if (gives_number(state.schema())) state.give(change->row.ref());
        state.write(std::move(*change));
        return Done{Outcome{std::move(accepted)}};
    }
    if (auto* replayed = std::get_if<Replayed>(&decision)) return Done{std::move(*replayed)};
    if (auto* forward = std::get_if<ForwardHome>(&decision)) return Done{std::move(*forward)};
    return Done{std::move(std::get<Refused>(decision))};
}

Division<ClientWrite> ClientWrite::divide(const Error& error) && {
    return {{}, error};
}

}  // namespace reef::commit

#include "commit/work/client_write.hpp"

#include "commit/batch_state.hpp"

namespace reef::commit {

using namespace model;

namespace {

// As append_json_string() writes it, without its quotes.
std::uint64_t json_bytes_of(std::string_view text) {
    std::uint64_t bytes = text.size();
    for (const char c : text) {
        const bool short_form = c == '"' || c == '\\' || c == '\n' || c == '\r' || c == '\t';
        if (short_form) {
            ++bytes;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            bytes += json_growth - 1;
        }
    }
    return bytes;
}

// Absent: it is small enough. Nothing is counted as long as its texts cannot make it too large.
std::optional<Refused> check_size(const Resource& resource, const Row& row,
                                  std::uint64_t bytes_max) {
    std::uint64_t text_bytes = 0;
    for (const Cell& cell : row.cells) {
        if (const auto* text = std::get_if<std::string>(&cell.value)) text_bytes += text->size();
    }
    if (json_growth * text_bytes <= bytes_max / 2) return std::nullopt;
    Row bare = row;
    std::uint64_t bytes = 0;
    for (FieldId id = 0; id < bare.cells.size(); ++id) {
        auto* text = std::get_if<std::string>(&bare.cells[id].value);
        if (!text) continue;
        bytes += resource.fields[id].type == FieldType::json ? text->size() : json_bytes_of(*text);
        text->clear();
    }
    std::string json;
    append_row_json(json, resource, bare);
    bytes += json.size();
    if (bytes <= bytes_max) return std::nullopt;
    return Refused{Refusal::record_too_large,
                   resource.name + '/' + to_text(row.key) + " would have " + std::to_string(bytes) +
                       " bytes as JSON, with what is kept of its " + "writes; at most " +
                       std::to_string(bytes_max) + " are taken",
                   {},
                   std::nullopt};
}

}  // namespace

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

std::vector<RecordRef> ClientWrite::lacking(const Facts& facts) const {
    return holders_of_claims(intent, facts);
}

// A row that is only looked at may be locked: it is as it was loaded.
std::vector<RecordRef> ClientWrite::written() const {
    if (!intent.key) return {};
    return {{intent.resource, *intent.key}};
}

bool ClientWrite::needs_lease() const {
    return false;
}

// invalid: nothing can be decided, since a record that it is about cannot be read.
Result<Done> ClientWrite::take(BatchState& state) const {
    if (state.has_unreadable()) {
        const Lookups about = lookups_of(state.schema(), intent);
        for (const RecordRef& ref : about.records) {
            if (const std::string* why = state.unreadable(ref)) return Error{Errc::invalid, *why};
        }
    }
    Decision decision = decide(state.schema(), intent, state);
    if (auto* change = std::get_if<Change>(&decision)) {
        const Resource& resource = state.schema()[change->row.resource];
        if (change->kind != WriteKind::remove) {
            auto refused = check_size(resource, change->row, state.record_bytes_max());
            if (refused) return Done{std::move(*refused)};
        }
        const auto readable = check_saved(resource, change->row);
        if (!readable) return Error{Errc::rejected, readable.error().what};
        Accepted accepted{change->row, change->kind, change->stamp, change->in_stead};
        if (gives_number(state.schema())) state.give(change->row.ref());
        state.write(std::move(*change));
        return Done{Outcome{std::move(accepted)}};
    }
    if (auto* replayed = std::get_if<Replayed>(&decision)) return Done{std::move(*replayed)};
    if (auto* forward = std::get_if<ForwardHome>(&decision)) return Done{std::move(*forward)};
    if (auto* unclaimed = std::get_if<Unclaimed>(&decision)) return Done{std::move(*unclaimed)};
    return Done{std::move(std::get<Refused>(decision))};
}

Division<ClientWrite> ClientWrite::divide(const Error& error) && {
    return {{}, error};
}

}  // namespace reef::commit

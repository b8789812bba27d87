#include "store/ledger.hpp"

#include <charconv>

namespace reef::store {

Runs Ledger::runs() const {
    const auto known = cursors.find(std::string{runs_cursor});
    return known == cursors.end() ? Runs{} : parse_runs(known->second);
}

Position Ledger::received() const {
    Position position;
    for (const auto& [origin, mark] : origins)
        position.emplace(origin, mark.received);
    return position;
}

Position Ledger::applied() const {
    Position position;
    for (const auto& [origin, mark] : origins)
        position.emplace(origin, mark.applied);
    return position;
}

namespace {

constexpr std::string_view ended_prefix = "ended.";
constexpr std::string_view retired_prefix = "retired.";
constexpr std::string_view claim_prefix = "claim.";

// Calls `see` with what follows the prefix, and the cursor's text.
template <class See>
void each_cursor(const Ledger& ledger, std::string_view prefix, See see) {
    auto at = ledger.cursors.lower_bound(std::string{prefix});
    for (; at != ledger.cursors.end() && at->first.starts_with(prefix); ++at)
        see(at->first.substr(prefix.size()), at->second);
}

}  // namespace

std::string ended_cursor(std::string_view origin) {
    return std::string{ended_prefix}.append(origin);
}

std::string retired_cursor(std::string_view origin) {
    return std::string{retired_prefix}.append(origin);
}

std::string claim_cursor(std::string_view value) {
    return std::string{claim_prefix}.append(value);
}

bool Ledger::has_claims() const {
    const auto first = cursors.lower_bound(std::string{claim_prefix});
    return first != cursors.end() && first->first.starts_with(claim_prefix);
}

std::size_t Ledger::claims() const {
    std::size_t count = 0;
    each_cursor(*this, claim_prefix, [&count](const std::string&, const std::string&) { ++count; });
    return count;
}

std::string ended_text(const EndedLife& ended) {
    return std::to_string(ended.last) + ' ' + to_hex(ended.hash);
}

std::optional<EndedLife> parse_ended(std::string_view text) {
    EndedLife ended;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, ended.last);
    if (read.ec != std::errc{} || read.ptr == end || *read.ptr != ' ') return std::nullopt;
    const auto hash = parse_hash(std::string_view{read.ptr + 1, end});
    if (!hash) return std::nullopt;
    ended.hash = *hash;
    return ended;
}

std::optional<EndedLife> Ledger::ended(std::string_view origin) const {
    const auto found = cursors.find(ended_cursor(origin));
    return found == cursors.end() ? std::nullopt : parse_ended(found->second);
}

bool Ledger::is_retired(std::string_view origin) const {
    return cursors.contains(retired_cursor(origin));
}

std::map<OriginId, EndedLife> Ledger::ended() const {
    std::map<OriginId, EndedLife> all;
    each_cursor(*this, ended_prefix, [&all](OriginId origin, const std::string& text) {
        if (const auto ended = parse_ended(text)) all.emplace(std::move(origin), *ended);
    });
    return all;
}

Position Ledger::retired() const {
    Position all;
    each_cursor(*this, retired_prefix, [this, &all](OriginId origin, const std::string&) {
        const auto mark = origins.find(origin);
        if (mark != origins.end()) all.emplace(std::move(origin), mark->second.received);
    });
    return all;
}

Position Ledger::without_retired(Position position) const {
    each_cursor(*this, retired_prefix, [&position](const OriginId& origin, const std::string&) {
        position.erase(origin);
    });
    return position;
}

bool Ledger::is_complete(std::string_view origin, const EndedLife& ended) const {
    const auto mark = origins.find(origin);
    const OriginMark here = mark == origins.end() ? OriginMark{} : mark->second;
    return here.received == ended.last && here.applied == ended.last && here.hash == ended.hash;
}

std::string Ledger::before() const {
    const auto taken = cursors.find(std::string{taken_over_cursor});
    return taken == cursors.end() ? "" : self + '/' + taken->second;
}

}  // namespace reef::store

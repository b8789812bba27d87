#include "store/postgres/trim.hpp"

#include <algorithm>

namespace reef::store::postgres {

namespace {

// One of the newest batches settles what became of a commit whose connection was lost.
constexpr std::uint64_t batches_kept = 1'000;

void find_requests(const TrimLimits& limits, const Oldest& oldest, Expired& expired) {
    const std::uint64_t last = oldest.last_request;
    std::uint32_t removed = 0;
    for (const RequestFront& request : oldest.requests) {
        // An upper bound: numbers have holes where an id was saved again.
        const std::uint64_t rows = last - std::min(last, request.number) + 1;
        if (request.at >= limits.requests_before && rows <= limits.requests_max) return;
        if (removed++ == limits.piece_rows_max) {
            expired.more = true;
            return;
        }
        expired.requests_to = request.number;
    }
}

// Of all origins' entries the oldest goes first.
void find_logs(const TrimLimits& limits, const Oldest& of_each, Expired& expired) {
    expired.log_bytes = of_each.log_bytes;
    std::map<OriginId, std::size_t> next;
    for (std::uint32_t removed = 0;; ++removed) {
        const OriginId* origin = nullptr;
        const LogFront* oldest = nullptr;
        for (const auto& [name, fronts] : of_each.logs) {
            const std::size_t at = next[name];
            if (at == fronts.size() || (oldest && oldest->at <= fronts[at].at)) continue;
            origin = &name;
            oldest = &fronts[at];
        }
        if (!oldest) return;
        if (oldest->at >= limits.log_before && expired.log_bytes <= limits.log_bytes_max) return;
        if (removed == limits.piece_rows_max) {
            expired.more = true;
            return;
        }
        expired.logs[*origin] = oldest->seq;
        expired.log_bytes -= std::min(expired.log_bytes, oldest->bytes);
        ++next[*origin];
    }
}

void find_events(const TrimLimits& limits, const Oldest& oldest, Expired& expired) {
    expired.event_bytes = oldest.event_bytes;
    if (!limits.events) return;
    std::uint32_t removed = 0;
    for (const EventFront& event : oldest.events) {
        const bool young = event.stamp.time >= limits.events->before;
        if (young && expired.event_bytes <= limits.events->bytes_max) return;
        if (removed++ == limits.piece_rows_max) {
            expired.more = true;
            return;
        }
        expired.events_to = event.stamp;
        expired.event_bytes -= std::min(expired.event_bytes, event.bytes);
    }
}

}  // namespace

Expired expired_among(const TrimLimits& limits, const Oldest& oldest) {
    Expired expired;
    find_requests(limits, oldest, expired);
    find_logs(limits, oldest, expired);
    find_events(limits, oldest, expired);
    return expired;
}

Oldest read_oldest_of_each(const BatchRow& known, const Answers& answers) {
    Oldest oldest;
    oldest.requests = read_oldest(answers.front());
    oldest.last_request = known.last_request;
    std::size_t at = 1;
    for (const auto& [origin, mark] : known.ledger.origins)
        oldest.logs[origin] = read_fronts(answers[at++]);
    oldest.log_bytes = known.log_bytes;
    oldest.events = read_event_fronts(answers[at]);
    oldest.event_bytes = known.event_bytes.value_or(0);
    return oldest;
}

Commands Trimmed::look(const Ledger& ledger, std::uint32_t rows_max) const {
    Commands commands;
    commands.push_back(oldest_requests(requests_from_, rows_max));
    for (const auto& [origin, mark] : ledger.origins)
        commands.push_back(fronts_command(origin, log_from(origin), rows_max));
    commands.push_back(event_fronts_command(events_after_, rows_max));
    return commands;
}

std::uint64_t Trimmed::batches_to_forget(std::uint64_t newest) const {
    return newest > batches_from_ + 2 * batches_kept ? newest - batches_kept : 0;
}

Commands Trimmed::removals(const Expired& expired) const {
    Commands commands;
    if (expired.requests_to > 0)
        commands.push_back(remove_requests(requests_from_, expired.requests_to));
    for (const auto& [origin, seq] : expired.logs)
        commands.push_back(remove_log(origin, log_from(origin), seq));
    if (expired.batches_before > 0)
        commands.push_back(forget_command(batches_from_, expired.batches_before));
    if (expired.events_to) commands.push_back(remove_events_to(events_after_, *expired.events_to));
    return commands;
}

void Trimmed::add(const Expired& expired) {
    if (expired.requests_to > 0) requests_from_ = expired.requests_to + 1;
    for (const auto& [origin, seq] : expired.logs)
        logs_from_[origin] = seq + 1;
    if (expired.batches_before > 0) batches_from_ = expired.batches_before;
    if (expired.events_to) events_after_ = *expired.events_to;
}

std::uint64_t Trimmed::log_from(const OriginId& origin) const {
    const auto from = logs_from_.find(origin);
    return from == logs_from_.end() ? 0 : from->second;
}

}  // namespace reef::store::postgres

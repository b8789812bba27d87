#include "store/postgres/trim.hpp"

#include <algorithm>

namespace reef::store::postgres {

namespace {

void find_requests(const TrimLimits& limits, const std::vector<RequestFront>& requests,
                   std::uint64_t last, Expired& expired) {
    std::uint32_t removed = 0;
    for (const RequestFront& request : requests) {
        // Not counted but bounded: numbers have holes where an id was saved again.
        const std::uint64_t rows = last - std::min(last, request.number) + 1;
        if (request.at >= limits.requests_before && rows <= limits.requests_max) return;
        if (removed++ == limits.piece_rows_max) {
            expired.more = true;
            return;
        }
        expired.requests_to = request.number;
    }
}

void find_logs(const TrimLimits& limits, const LogFronts& logs, Expired& expired) {
    std::map<OriginId, std::size_t> next;
    for (std::uint32_t removed = 0;; ++removed) {
        const OriginId* origin = nullptr;
        const LogFront* oldest = nullptr;
        for (const auto& [name, fronts] : logs) {
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

}  // namespace

Expired expired_among(const TrimLimits& limits, const std::vector<RequestFront>& requests,
                      std::uint64_t last_request, const LogFronts& logs, std::uint64_t log_bytes) {
    Expired expired;
    expired.log_bytes = log_bytes;
    find_requests(limits, requests, last_request, expired);
    find_logs(limits, logs, expired);
    return expired;
}

}  // namespace reef::store::postgres

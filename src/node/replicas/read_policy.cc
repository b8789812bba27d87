#include "node/replicas/read_policy.hpp"

#include <algorithm>

namespace reef::node {

std::optional<std::size_t> ReadPolicy::choose(const std::vector<Candidate>& replicas,
                                              std::optional<std::chrono::nanoseconds> staleness_max,
                                              const std::function<bool(std::size_t)>& has) {
    if (spread_ == config::Spread::primary || replicas.empty()) return std::nullopt;
    const auto age_max = std::min(age_max_, staleness_max.value_or(age_max_));
    const auto suits = [&](std::size_t at) {
        return replicas[at].takes_reads && replicas[at].age <= age_max && has(at);
    };
    if (spread_ == config::Spread::random) {
        std::vector<std::size_t> suiting;
        for (std::size_t at = 0; at < replicas.size(); ++at) {
            if (suits(at)) suiting.push_back(at);
        }
        if (suiting.empty()) return std::nullopt;
        std::uniform_int_distribution<std::size_t> pick{0, suiting.size() - 1};
        return suiting[pick(random_)];
    }
    for (std::size_t i = 0; i < replicas.size(); ++i) {
        const std::size_t at = (turn_ + i) % replicas.size();
        if (!suits(at)) continue;
        turn_ = at + 1;
        return at;
    }
    return std::nullopt;
}

}  // namespace reef::node

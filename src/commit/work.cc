#include "commit/work.hpp"

#include <algorithm>

namespace reef::commit {

std::size_t rows_of(const Work& work) {
    const auto rows = std::visit([](const auto& kind) { return kind.rows_count(); }, work);
    return std::max<std::size_t>(rows, 1);
}

void add_to_request(const model::Schema& schema, const Work& work, store::LoadRequest& request) {
    std::visit([&](const auto& kind) { kind.add_to(request, schema); }, work);
}

std::vector<model::RecordRef> lacking(const Work& work, const model::Facts& facts) {
    return std::visit([&](const auto& kind) { return kind.lacking(facts); }, work);
}

std::vector<model::RecordRef> written_by(const Work& work) {
    return std::visit([](const auto& kind) { return kind.written(); }, work);
}

bool needs_lease(const Work& work) {
    return std::visit([](const auto& kind) { return kind.needs_lease(); }, work);
}

Result<Done> take(BatchState& state, const Work& work) {
    return std::visit([&](const auto& kind) { return kind.take(state); }, work);
}

Division<Work> divide(Work work, const Error& error) {
    return std::visit(
        [&error](auto&& kind) {
            auto divided = std::move(kind).divide(error);
            Division<Work> whole{{}, std::move(divided.done)};
            for (auto& part : divided.parts)
                whole.parts.emplace_back(std::move(part));
            return whole;
        },
        std::move(work));
}

}  // namespace reef::commit

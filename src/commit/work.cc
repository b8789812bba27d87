#include "commit/work.hpp"

namespace reef::commit {

ImportResult fate_of(const model::ForeignDecision& decided, bool adopts) {
    using Kind = ImportResult::Kind;
    if (std::holds_alternative<model::Adoption>(decided)) {
        return {adopts ? Kind::adopted : Kind::waits, ""};
    }
    if (const auto* unfit = std::get_if<model::Unfit>(&decided)) return {Kind::unfit, unfit->why};
    return {Kind::passed_over, ""};
}

}  // namespace reef::commit

// A write on its way to the record's home, and the home's answer, as JSON between nodes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/intent.hpp"

namespace reef::peers {

// What the home needs: the fields, the request, and the row that the version was compared with.
std::string intent_json(const model::Schema& schema, const model::Intent& intent);
// invalid: what is wrong with it. The intent is to be decided here.
Result<model::Intent> parse_intent(const model::Schema& schema, std::string_view text);

// Accepted, replayed (with its row) or refused. A home never forwards again.
std::string outcome_json(const model::Schema& schema, const model::Outcome& outcome);
Result<model::Outcome> parse_outcome(const model::Schema& schema, std::string_view text);

}  // namespace reef::peers

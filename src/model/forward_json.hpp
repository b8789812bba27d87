// A write on its way to the record's home, and the home's answer, as JSON between nodes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/intent.hpp"

namespace reef::model {

// What the home needs: the fields, the request, and the row that the version was compared with.
std::string intent_json(const Schema& schema, const Intent& intent);
// invalid: what is wrong with it. The intent is to be decided here.
Result<Intent> parse_intent(const Schema& schema, std::string_view text);

// Accepted, replayed (with its row) or refused. A home never forwards again.
std::string outcome_json(const Schema& schema, const Outcome& outcome);
Result<Outcome> parse_outcome(const Schema& schema, std::string_view text);

}  // namespace reef::model

// What the nodes of an app say about conflicts, put together: one conflict is listed by several
// nodes under one id.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/text/json.hpp"

namespace reef::cli {

struct ConflictReport {
    Json said;                       // by the node that found it first
    std::vector<std::string> nodes;  // that list it
    std::string settled;             // the write that settled it, where any node knows it; else ""
};

// By the time at which it was found, then by id.
class ConflictReports {
public:
    void add(const std::string& node, Json said);
    std::vector<const ConflictReport*> in_order() const;
    const ConflictReport* find(const std::string& id) const;

private:
    std::map<std::string, ConflictReport> by_id_;
};

std::string conflict_line(const ConflictReport& report);
std::string conflict_json(const ConflictReport& report);  // with "nodes"
// For people: which field, what was kept and lost, who wrote it, when.
std::string conflict_text(const ConflictReport& report);

}  // namespace reef::cli

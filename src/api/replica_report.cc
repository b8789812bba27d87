#include "api/replica_report.hpp"

#include <cstdio>

#include "base/text/json_object.hpp"

namespace reef::api {

void append_replicas(std::string& out, const std::vector<ReplicaReport>& replicas) {
    if (replicas.empty()) return;
    out += ",\"replicas\":[";
    for (const ReplicaReport& replica : replicas) {
        char lag[32];
        std::snprintf(lag, sizeof lag, "%.6f", replica.lag_seconds);
        if (out.back() != '[') out += ',';
        out += "{\"name\":" + json_text(replica.name) + ",\"state\":" + json_text(replica.state);
        out += ",\"takes_reads\":" + std::string{replica.takes_reads ? "true" : "false"};
        out += ",\"equal\":" + std::string{replica.equal ? "true" : "false"};
        out += ",\"records\":" + std::to_string(replica.records);
        out += ",\"lag_seconds\":" + std::string{lag};
        out += ",\"pending\":" + std::to_string(replica.pending);
        out += ",\"reads\":" + std::to_string(replica.reads);
        out += ",\"refused\":" + std::to_string(replica.refused);
        out += ",\"filled\":" + std::to_string(replica.filled);
        out += ",\"to_fill\":" + std::to_string(replica.to_fill);
        out += ",\"fills\":" + std::to_string(replica.fills);
        if (!replica.trouble.empty()) out += ",\"trouble\":" + json_text(replica.trouble);
        out += '}';
    }
    out += ']';
}

}  // namespace reef::api

// In whose terms a peer is asked for records. A peer answers nobody whose Atoll-Schema is not its
// own, so a node whose app differs asks for the peer's schema first, and judges: fields and
// resources of one side only go through the other side untouched, and then it asks in the peer's
// terms. A field that the two would read or join differently parts them, and both say which.
//
// One for each peer, shared by its feed and its calls; on their executor.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "peers/peers.hpp"

namespace reef::model {
struct Schema;
}

namespace reef::peers {

class SchemaAgreement {
public:
    SchemaAgreement(const model::Schema& schema, Peers& peers, std::string self, std::string peer);

    // What goes into Atoll-Schema.
    const std::string& id() const { return id_; }
    // What the peer's /_atoll/schema said. invalid: rows cannot be exchanged, and why. What differs
    // is told to `peers`.
    Result<void> take(std::string_view shape);
    // Resources that the peer has and this node does not: no snapshot could bring their rows.
    const std::vector<std::string>& unknown_resources() const { return unknown_resources_; }

private:
    const model::Schema& schema_;
    Peers& peers_;
    const std::string self_;
    const std::string peer_;
    std::string id_;
    std::vector<std::string> unknown_resources_;
};

}  // namespace reef::peers

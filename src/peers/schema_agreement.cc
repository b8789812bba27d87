#include "peers/schema_agreement.hpp"

#include "base/log.hpp"
#include "model/schema_shape.hpp"

namespace reef::peers {

SchemaAgreement::SchemaAgreement(const model::Schema& schema, Peers& peers, std::string self,
                                 std::string peer)
    : schema_(schema),
      peers_(peers),
      self_(std::move(self)),
      peer_(std::move(peer)),
      id_(schema.id()) {}

Result<void> SchemaAgreement::take(std::string_view shape) {
    const auto found = model::compare_shape(schema_, shape, self_, peer_);
    if (!found) return found.error();
    const std::string words = model::in_words(*found, self_, peer_);
    peers_.differs(peer_, words);
    peers_.alert(peer_, other_schema, !words.empty());
    if (!found->unlike.empty()) return Error{Errc::invalid, words};
    if (id_ != found->id && !words.empty()) {
        log::warn("A peer's app differs, and its changes are taken",
                  {{"peer", peer_}, {"reason", words}});
    }
    id_ = found->id;
    unknown_resources_ = found->resources_there;
    return {};
}

}  // namespace reef::peers

// GET /_atoll/rows: what a row is, in a hash, for `atoll verify` to compare between nodes. The hash
// is taken of what lies in the table now, not remembered: a row that another program changed shows.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/http.hpp"
#include "http/problem.hpp"
#include "store/reader.hpp"

namespace reef::peers {

// All of a read replica, by its name; null: there is none, or it is closed.
using ReplicaReader = std::function<std::shared_ptr<store::Reader>(std::string_view)>;

// One per io thread.
class ProofRoutes {
public:
    ProofRoutes(const model::Schema& schema, store::Reader& reader, ReplicaReader replicas,
                const http::ProblemWriter& problems)
        : schema_(schema), reader_(reader), replicas_(std::move(replicas)), problems_(problems) {}

    // ?resource=properties[&after=KEY]: a piece of them in key order, tombstones too, and the key
    // to go on after: {"rows":[{"key":"10","vector":"us.k3f9:2:2","hash":"9f31…","alive":true,
    // "edited":false}],"next":"10"}. Edited is what another program wrote, or changed after Atoll
    // had. One that cannot be read says why ("unreadable":"…"). ?resource=…&key=KEY: that one row
    // as it is now, or none. With &replica=NAME those of a read replica.
    asio::awaitable<http::Response> rows(const http::Request& request);

private:
    http::Response problem(std::string_view error, std::string detail,
                           const http::Request& request) const;
    asio::awaitable<http::Response> row(store::RowReader& reader, model::RecordRef ref,
                                        const http::Request& request);

    const model::Schema& schema_;
    store::Reader& reader_;
    const ReplicaReader replicas_;
    const http::ProblemWriter& problems_;
};

}  // namespace reef::peers

// The operations on records: reads from this thread's reader, writes through the router.
#pragma once

#include <chrono>
#include <map>
#include <memory>

#include "api/operations.hpp"
#include "api/read_sources.hpp"
#include "api/request_decoding.hpp"
#include "api/traffic.hpp"
#include "commit/progress.hpp"
#include "http/http.hpp"
#include "http/problem.hpp"
#include "http/wrap.hpp"
#include "replication/write_router.hpp"
#include "store/ledger.hpp"
#include "store/log.hpp"
#include "store/rows.hpp"

namespace reef::api {

struct RecordParts {
    const model::Schema& schema;
    const api::Api& api;
    store::RowReader& rows;
    store::LogReader& log;
    store::LedgerReader& ledgers;
    replication::WriteRouter& writes;
    commit::Progress& progress;
    Clock& clock;
    Traffic& traffic;
    ReadSources* reads = nullptr;  // null: the node has no replicas
    std::chrono::milliseconds token_wait{2000};
};

// One per io thread.
class Records {
public:
    explicit Records(RecordParts parts);

    // `parameter` is the path's key or looked-up value. `source`: another program, whose server
    // has made the write already; "": the write is a client's.
    asio::awaitable<http::Response> handle(const api::Operation& operation, std::string parameter,
                                           const http::Request& request, std::string source = {});

private:
    using Resource = model::Resource;

    asio::awaitable<http::Response> get(const Resource& resource, std::string parameter,
                                        const http::Request& request);
    asio::awaitable<http::Response> look_up(const Resource& resource, const model::LookUp& look_up,
                                            std::string parameter, const http::Request& request);
    asio::awaitable<http::Response> list(const Resource& resource, const http::Request& request);
    asio::awaitable<http::Response> write(model::WriteKind kind, const Resource& resource,
                                          std::string parameter, const http::Request& request,
                                          std::string source, Named named = Named::as_needed);
    Task<model::Outcome> submit_named_by_content(model::Intent intent);

    // One read: what it needs, and who answers it.
    struct Read {
        ReadNeeds needs = {};
        std::optional<ReadSource> replica = {};  // absent: the node's own store
    };
    asio::awaitable<std::optional<http::Response>> wait_for_token(const http::Request& request,
                                                                  model::Position& wanted);
    asio::awaitable<std::optional<http::Response>> begin(Read& read, const http::Request& request);
    store::RowReader& rows_of(const Read& read) const;
    bool falls_back(Read& read, const Error& error);
    void finish(const Read& read, http::Response& response);
    asio::awaitable<http::Response> replay(const Resource& resource, model::Replayed replayed,
                                           const http::Request& request);
    Task<std::optional<model::Row>> living(store::RowReader& rows, model::RecordRef ref);
    Task<void> look_up(model::Replayed& replayed);
    http::Response written(const Resource& resource, const model::Accepted& accepted,
                           const http::Request& request) const;
    asio::awaitable<void> wait_for_peers(model::Dot dot, const http::Request& request,
                                         http::Response& response);
    http::Response refused(const Resource& resource, const model::Refused& refused,
                           const http::Request& request) const;
    http::Response failed(const Error& error, const http::Request& request) const;
    http::Response not_found(const Resource& resource, std::string_view parameter,
                             const http::Request& request) const;
    http::Response invalid(std::vector<http::Fault> faults, const http::Request& request) const;
    http::Response record(const Resource& resource, const model::Row& row,
                          const http::Request& request) const;
    std::string body_of(const Resource& resource, const model::Row& row,
                        std::string_view message) const;
    const std::string& own_token();
    const std::string& token_of(const ReadSource& replica);

    const RecordParts parts_;
    const http::ProblemWriter problems_;
    const http::Wrap wrap_;
    std::string token_;  // of the store, as of token_generation_
    std::uint64_t token_generation_ = 0;
    struct ReplicaToken {
        std::shared_ptr<const store::Ledger> of;
        std::string text;
    };
    std::map<std::size_t, ReplicaToken> replica_tokens_;
};

}  // namespace reef::api

// The operations on records: reads from this thread's reader, writes through the write path.
#pragma once

#include <chrono>
#include <memory>

#include "api/http.hpp"
#include "api/problem.hpp"
#include "api/wrap.hpp"
#include "commit/progress.hpp"
#include "model/operations.hpp"
#include "replication/write_path.hpp"
#include "store/store.hpp"

namespace reef::api {

struct RecordParts {
    const model::Schema& schema;
    const model::Api& api;
    store::Reader& reader;
    replication::WritePath& writes;
    commit::Progress& progress;
    Clock& clock;
    std::chrono::milliseconds token_wait{2000};
};

// One per io thread.
class Records {
public:
    explicit Records(RecordParts parts);

    // `parameter` is the path's key or looked-up value.
    asio::awaitable<Response> handle(const model::Operation& operation, std::string parameter,
                                     const Request& request);

private:
    using Resource = model::Resource;

    asio::awaitable<Response> get(const Resource& resource, std::string parameter,
                                  const Request& request);
    asio::awaitable<Response> look_up(const Resource& resource, const model::LookUp& look_up,
                                      std::string parameter, const Request& request);
    asio::awaitable<Response> list(const Resource& resource, const Request& request);
    asio::awaitable<Response> write(model::WriteKind kind, const Resource& resource,
                                    std::string parameter, const Request& request);

    asio::awaitable<std::optional<Response>> wait_for_token(const Request& request);
    asio::awaitable<Response> replay(const Resource& resource, model::Replayed replayed,
                                     const Request& request);
    Task<std::optional<model::Row>> living(model::RecordRef ref);
    Task<std::optional<model::Row>> row_after(model::RequestSeen seen);
    Response written(const Resource& resource, const model::Accepted& accepted,
                     const Request& request) const;
    asio::awaitable<void> wait_for_peers(model::Dot dot, const Request& request,
                                         Response& response);
    Response refused(const Resource& resource, const model::Refused& refused,
                     const Request& request) const;
    Response failed(const Error& error, const Request& request) const;
    Response not_found(const Resource& resource, std::string_view parameter,
                       const Request& request) const;
    Response invalid(std::vector<Fault> faults, const Request& request) const;
    Response record(const Resource& resource, const model::Row& row, const Request& request) const;
    std::string body_of(const Resource& resource, const model::Row& row,
                        std::string_view message) const;
    void add_store_token(Response& response);

    const RecordParts parts_;
    const ProblemWriter problems_;
    const Wrap wrap_;
    std::string token_;  // of the store, as of token_generation_
    std::uint64_t token_generation_ = 0;
};

}  // namespace reef::api

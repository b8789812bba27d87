// Executes the calls that another program's messages describe: a request is made of the message,
// and read and decided like a client's, with the same refusals. It differs in what its keys mean:
// the program names records by numbers of its own, in the path and in fields that refer to other
// records. On one executor.
#pragma once

#include <map>
#include <string>

#include "api/router.hpp"
#include "brokers/foreign_calls.hpp"
#include "http/http.hpp"
#include "http/problem.hpp"
#include "model/foreign_key.hpp"
#include "model/intent.hpp"
#include "replication/write_router.hpp"
#include "store/rows.hpp"

namespace reef::api {

struct ForeignCallerParts {
    const model::Schema& schema;
    const api::Api& api;
    const Router& router;
    store::RowReader& rows;
    replication::WriteRouter& writes;
    Clock& clock;
    std::map<std::string, model::ForeignNumbers> programs;  // by name
};

class ForeignCaller {
public:
    explicit ForeignCaller(ForeignCallerParts parts) : parts_(std::move(parts)) {}

    // An error is a reason to come back later.
    Task<brokers::CallFate> execute(brokers::ForeignCall call);

private:
    struct Write {
        model::Intent intent;
        std::string called;  // what the program calls the record, for people; "": it is new
    };

    Result<Write> read(const brokers::ForeignCall& call) const;
    Result<void> take_new_key(const brokers::ForeignCall& call, model::Intent& intent) const;
    Result<void> translate(const std::string& source, model::Intent& intent) const;
    Task<void> check_owners(std::string source, model::Intent intent) const;

    const ForeignCallerParts parts_;
};

}  // namespace reef::api

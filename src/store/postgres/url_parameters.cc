#include "store/postgres/url_parameters.hpp"

#include <libpq-fe.h>

#include <memory>

namespace reef::store::postgres {

const std::vector<std::string>& url_parameters() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> known{"ssl"};  // in URLs alone: JDBC's word for sslmode
        const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options{
            PQconninfoParse("", nullptr), &PQconninfoFree};
        for (const PQconninfoOption* one = options.get(); one && one->keyword; ++one)
            known.emplace_back(one->keyword);
        return known;
    }();
    return names;
}

}  // namespace reef::store::postgres

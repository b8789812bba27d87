// What may stand after '?' in the URL of a database.
#pragma once

#include <string>
#include <vector>

namespace reef::store::postgres {

// As the libpq that this program runs with knows them: "sslmode", "connect_timeout", …
const std::vector<std::string>& url_parameters();

}  // namespace reef::store::postgres

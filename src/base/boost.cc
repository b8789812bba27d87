// The non-template code of Boost.Asio and Boost.JSON, compiled once (Debian ships only headers).
#include <boost/asio/impl/src.hpp>
#include <boost/json/src.hpp>

// The parts of Boost that are compiled here once, since Debian ships no library of them (JSON) or
// the project chose not to compile them in every file (Asio: BOOST_ASIO_SEPARATE_COMPILATION).
#include <boost/asio/impl/src.hpp>
#include <boost/json/src.hpp>

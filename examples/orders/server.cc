#include "server.h"

#include <tidegate/adapters/beast.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>
#include <vector>

#include "store.h"

namespace orders {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;
using tcp = asio::ip::tcp;

Response json(const Request& request, unsigned int status, const nlohmann::json& body) {
  Response response{static_cast<http::status>(status), request.version()};
  response.set(http::field::content_type, "application/json");
  response.keep_alive(request.keep_alive());
  response.body() = body.dump() + "\n";
  response.prepare_payload();
  return response;
}

std::string make_id() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  return std::to_string(random());
}

/// One client's connection, in a thread of its own.
class Connection {
 public:
  Connection(Service& service, tcp::socket socket)
      : service_(service), stream_(std::move(socket)) {}

  void run(const std::atomic<bool>& stop) {
    answer_all(stop);
    done_ = true;
  }
  bool done() const { return done_; }

  /// Takes no more requests; what is being answered is answered.
  void close() {
    boost::beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_receive, ignored);
  }

 private:
  void answer_all(const std::atomic<bool>& stop) {
    boost::beast::flat_buffer buffer;
    boost::beast::error_code error;
    while (!stop) {
      Request request;
      stream_.expires_after(std::chrono::seconds(30));
      http::read(stream_, buffer, request, error);
      if (error) return;
      Response response = answer(request);
      if (service_.leaving) response.keep_alive(false);
      http::write(stream_, response, error);
      if (error || !response.keep_alive()) break;
    }
    stream_.socket().shutdown(tcp::socket::shutdown_send, error);
  }

  Response answer(const Request& request) {
    const std::string target(request.target());
    if (target == "/healthz") return json(request, 200, {{"version", ORDERS_VERSION}});
    if (target == "/readyz") {
      if (service_.leaving) return json(request, 503, {{"reason", "going away"}});
      return tidegate::adapters::readiness_response(service_.readiness, request);
    }
    if (service_.page != nullptr) {
      auto page = tidegate::adapters::development_response(*service_.page, request);
      if (page) return std::move(*page);
    }
    try {
      return answer_order(request, target);
    } catch (const std::exception& exception) {
      store_.reset();  // Its connection may be gone; the next request makes a new one.
      return json(request, 500, {{"error", exception.what()}, {"version", ORDERS_VERSION}});
    }
  }

  Response answer_order(const Request& request, const std::string& target) {
    if (!store_) store_ = open_store(service_.database);
    if (request.method() == http::verb::post && target == "/orders") {
      const auto body = nlohmann::json::parse(request.body());
      const Order order{make_id(), body.at("customer"), body.at("amount"),
                        body.value("source", "shop")};
      store_->add(order);
      return json(request, 201, {{"id", order.id}, {"version", ORDERS_VERSION}});
    }
    constexpr std::string_view kOne = "/orders/";
    if (request.method() == http::verb::get && target.starts_with(kOne)) {
      const auto order = store_->find(target.substr(kOne.size()));
      if (!order) return json(request, 404, {{"error", "there is no such order"}});
      return json(request, 200,
                  {{"id", order->id},
                   {"customer", order->customer},
                   {"amount", order->amount},
                   {"source", order->source},
                   {"version", ORDERS_VERSION}});
    }
    return json(request, 404, {{"error", "POST /orders or GET /orders/ID"}});
  }

  Service& service_;
  boost::beast::tcp_stream stream_;
  std::unique_ptr<Store> store_;
  std::atomic<bool> done_ = false;
};

}  // namespace

void serve(Service& service, unsigned short port, const std::atomic<bool>& stop) {
  asio::io_context context;
  tcp::acceptor acceptor(context, {asio::ip::make_address("127.0.0.1"), port});
  acceptor.non_blocking(true);
  std::cout << "orders " << ORDERS_VERSION << " listens on " << acceptor.local_endpoint().port()
            << std::endl;
  struct Client {
    std::unique_ptr<Connection> connection;
    std::jthread thread;
  };
  std::vector<Client> clients;
  while (!stop) {
    boost::beast::error_code error;
    tcp::socket socket(context);
    acceptor.accept(socket, error);
    if (error) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      continue;
    }
    std::erase_if(clients, [](const Client& client) { return client.connection->done(); });
    socket.non_blocking(false);
    auto connection = std::make_unique<Connection>(service, std::move(socket));
    Connection& running = *connection;
    clients.push_back({std::move(connection), std::jthread([&] { running.run(stop); })});
  }
  for (Client& client : clients) client.connection->close();
}

}  // namespace orders

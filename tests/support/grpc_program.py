"""A server and a client of gRPC without generated code, as programs of their own.

gRPC's threads are where they were made: only a process of its own is wholly inside a namespace.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc


class _Shop(grpc.GenericRpcHandler):  # type: ignore[misc]
    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        if details.method == "/shop/Shout":
            return grpc.unary_unary_rpc_method_handler(lambda said, _: said.upper())
        if details.method == "/shop/Count":
            return grpc.unary_stream_rpc_method_handler(_count)
        if details.method == "/shop/Miss":
            return grpc.unary_unary_rpc_method_handler(_miss)
        return None


def _count(said: bytes, _: grpc.ServicerContext) -> Iterator[bytes]:
    return (str(number).encode() for number in range(int(said)))


def _miss(_said: bytes, context: grpc.ServicerContext) -> bytes:
    context.abort(grpc.StatusCode.NOT_FOUND, "no such thing")
    raise AssertionError


def serve(address: str) -> None:
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((_Shop(),))
    server.add_insecure_port(address)
    server.start()
    print("ready", flush=True)
    server.wait_for_termination()


def call(address: str) -> None:
    with grpc.insecure_channel(address) as channel:
        print(channel.unary_unary("/shop/Shout")(b"hello", timeout=10).decode())
        for number in channel.unary_stream("/shop/Count")(b"3", timeout=10):
            print(number.decode())
        try:
            channel.unary_unary("/shop/Miss")(b"", timeout=10)
        except grpc.RpcError as refused:
            print(refused.code().name)  # type: ignore[attr-defined]


if __name__ == "__main__":
    {"serve": serve, "call": call}[sys.argv[1]](sys.argv[2])

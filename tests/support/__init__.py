"""What tests share, and where it is; fixtures of one folder are in that folder's conftest.py.

How tests run
    sweeps              a sample of the cases of large tests, and all of them on request
    once                what is made once a session, whichever worker asks first
    bytecode            compiled once, for the processes that tests start
    waiting             how long to wait for what happens in real time
    nested, commands    pytest and chaos-llm in a process of their own
    plugin_suites       small suites for pytester, all about one small app
    wheels              packages as an installer leaves them
    libraries           third-party libraries that may not be installed
    threads             threads of a test's own, and Ctrl-C
    stress_threads      a script: many seeds, threads and processes

Outage profiles, and apps to play them on
    small_profiles      profiles of a few windows, written in Python
    apps.bots           one question to Claude; a bot of two vendors
    apps.defended       apps with one defence each
    apps.failover       apps of two vendors: what the second one is sent
    failover_pairs      apps that ship one vendor's conversation to another, converted or not
    refusal_cases       requests that a vendor refuses, each with the nearest sound one
    apps.plain          a plain request to whatever a window hits
    apps.planted_bugs   apps with one bug each, for searches to find
    judging             a replay of an app, and what a check finds in it

Requests, and clients that send them
    wire_requests       an ordinary request of each wire format, and answers to it
    cloud_requests      the same for the clouds
    sdk_drivers         the SDKs of OpenAI and Anthropic, driven through one set of scenes
    cloud_sdks          those of the clouds
    vendor_sdks         those of vendors that imitate OpenAI
    http_clients        httpx and httpx2, sync and async
    synced              an async SDK behind the face of a sync one

Servers
    real_servers        servers on loopback that do what they are told
    broken_connections  each way to break a connection, for real and as a fault
    raw_sockets         what our own server sends, byte for byte
    closed_network      a network without a route, with listeners for vendors
    browser             a headless Chromium
"""

"""An index of the test helpers; fixtures of one folder are in that folder's conftest.py.

How tests run
    sweeps              a sample of the cases of large tests, and all of them on request
    once                values made once a session, by the first worker that needs them
    bytecode            compiled once, for the processes that tests start
    waiting             how long to wait for what happens in real time
    nested, commands    pytest and chaos-llm in a process of their own
    plugin_suites       small suites for pytester, all about one small app
    wheels              packages as an installer leaves them
    libraries           third-party libraries that may not be installed
    threads             threads that a test starts, a sleep for them, and Ctrl-C
    stress_threads      a script: many seeds, threads and processes

Outage profiles, and apps to replay them on
    small_profiles      profiles of a few windows, written in Python
    apps.bots           one question to Claude; a bot of two vendors
    apps.defended       apps with one defence each
    apps.failover       apps of two vendors that send the second one different requests
    failover_pairs      apps that ship one vendor's conversation to another, converted or not
    refusal_cases       requests that a vendor refuses, each with the nearest valid one
    openai_refusals     cases that OpenAI's chat and Responses share
    apps.plain          a plain request to whatever a window hits
    apps.planted_bugs   apps with one bug each, for searches to find
    judging             a replay of an app, and the finding of a check

Requests, and clients that send them
    chat_messages       a user's message, as the chat APIs take it
    wire_requests       an ordinary request of each wire format, and answers to it
    cloud_requests      the same for the clouds
    sdk_drivers         the SDKs of OpenAI and Anthropic, driven through one set of scenes
    cloud_sdks          those of the clouds
    vendor_sdks         those of vendors that imitate OpenAI
    http_clients        httpx and httpx2, sync and async
    synced              an async SDK with the interface of a sync one
    coding_agents       a script: Claude Code, Codex and others in a network namespace
    agent_logins        what they keep of a login or a key

Servers
    real_servers        servers on loopback that break connections on request
    broken_connections  each way to break a connection, for real and as a fault
    raw_sockets         what our own server sends, byte for byte
    closed_network      a network without a route, with listeners for vendors
    browser             a headless Chromium
"""

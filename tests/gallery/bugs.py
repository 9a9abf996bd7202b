"""The bugs of the gallery: what is wrong, where it was reported, and which check finds it.

The apps that have them stand beside this in `with_*.py`, one file for what is installed together.
No library is imported here, so that the table of the docs can be made where none is installed.
"""

from __future__ import annotations

from gallery.bug import Bug, Unseen
from gallery.bugs_of_field_trials import BUGS_OF_FIELD_TRIALS

APPS = {  # and the modules that they import
    "with_agno": ("agno",),
    "with_anthropic": ("anthropic", "openai"),
    "with_autogen": ("autogen_core", "autogen_ext", "anthropic"),
    "with_breakers": ("anthropic", "circuitbreaker", "openai", "pybreaker", "tenacity"),
    "with_google_genai": ("google.genai", "openai"),
    "with_langchain": ("langchain", "langchain_anthropic", "langchain_openai"),
    "with_litellm": ("litellm",),
    "with_llama_index": ("llama_index.llms.openai",),
    "with_mistral_and_cohere": ("cohere", "mistralai", "openai"),
    "with_older_litellm": ("litellm",),
    "with_older_mistral": ("mistralai", "openai"),
    "with_openai": ("anthropic", "openai"),
    "with_openai_agents": ("agents",),
    "with_pydantic_ai": ("pydantic_ai", "anthropic", "openai"),
}

IN_THAT_RELEASE_ONLY = ("with_older_litellm", "with_older_mistral")  # and skipped with others

_AGNO, _AUTOGEN = ("agno", "3.1.10"), ("autogen-ext", "0.7.5")
_ANTHROPIC, _OPENAI = ("anthropic", "2.11.0"), ("openai", "3.52.0")
_GOOGLE, _LLAMA_INDEX = ("google-genai", "3.4.0"), ("llama-index-llms-openai", "0.8.3")
_LANGCHAIN, _LANGCHAIN_CORE = ("langchain", "1.4.7"), ("langchain-core", "1.7.2")
_LITELLM, _PYDANTIC_AI = ("litellm", "1.106.2"), ("pydantic-ai-slim", "2.68.0")
_PYBREAKER = ("pybreaker", "1.4.1")

_CUT = "a stream that just stops is taken for a whole answer"
_CUT_ISSUES = ("Portkey-AI/gateway#1797", "brightwave-inc/tidebreak#1124")

BUGS = (
    Bug(
        "B01",
        *_LITELLM,
        "the router has no fallback for a stream that breaks after its first token",
        ("BerriAI/litellm#40404", "BerriAI/litellm#28216", "BerriAI/litellm#6957"),
        "with_litellm",
        "falls_back",
    ),
    Bug(
        "B02",
        *_LITELLM,
        "an empty answer with status 200 is a success: no retry, no fallback",
        ("BerriAI/litellm#14655", "BerriAI/litellm#38199"),
        "with_litellm",
        "falls_back",
    ),
    Bug(
        "B02",
        *_LANGCHAIN,
        "ModelFallbackMiddleware takes an empty answer with status 200 for a success",
        ("BerriAI/litellm#14655",),
        "with_langchain",
        "falls_back",
    ),
    Bug(
        "B03",
        *_LITELLM,
        "a group of several deployments is retried at once, whatever Retry-After says",
        ("BerriAI/litellm#34399", "BerriAI/litellm#7669"),
        "with_litellm",
        "honours_retry_after",
    ),
    Bug(
        "B04",
        *_LITELLM,
        "a fallback inherits the primary's API key, and sends it to the other vendor",
        ("BerriAI/litellm#19336", "BerriAI/litellm#16667", "BerriAI/litellm#4596"),
        "with_litellm",
        "fallback_has_its_own_credential",
    ),
    *(
        Bug("B05", library, version, _CUT, _CUT_ISSUES, apps, "answers_are_whole", variant)
        for library, version, apps, variant in (
            (*_OPENAI, "with_openai", ""),
            (*_ANTHROPIC, "with_anthropic", ""),
            (*_GOOGLE, "with_google_genai", ""),
            ("mistralai", "3.7.0", "with_mistral_and_cohere", "MISTRAL"),
            ("cohere", "7.3.1", "with_mistral_and_cohere", "COHERE"),
            ("langchain-anthropic", "1.7.7", "with_langchain", ""),
            (*_LLAMA_INDEX, "with_llama_index", ""),
            ("openai-agents", "0.24.0", "with_openai_agents", ""),
            (*_AUTOGEN, "with_autogen", ""),
            (*_AGNO, "with_agno", ""),
        )
    ),
    Bug(
        "B06",
        *_ANTHROPIC,
        "an overload that is said in a stream has status 200 and is no InternalServerError",
        ("anthropics/anthropic-sdk-python#1258", "vercel/ai#2453"),
        "with_anthropic",
        "falls_back",
    ),
    Bug(
        "B07",
        *_ANTHROPIC,
        "a Retry-After of an hour is slept through, inside the request",
        ("can1357/oh-my-pi#7028",),
        "with_anthropic",
        "never_waits_past",
    ),
    *(
        Bug(
            "B08",
            *library,
            "a web page with status 200 is returned as a string",
            ("Significant-Gravitas/AutoGPT#944", "letta-ai/letta-code#1179"),
            apps,
            "falls_back",
        )
        for library, apps in ((_OPENAI, "with_openai"), (_ANTHROPIC, "with_anthropic"))
    ),
    *(
        Bug(
            "B09",
            *library,
            "an error body with status 200 is no error of the SDK's, so no fallback comes",
            ("langchain-ai/langchain#40362", "HKUDS/nanobot#2138"),
            apps,
            "falls_back",
        )
        for library, apps in (
            (_OPENAI, "with_openai"),
            (("langchain-openai", "1.7.3"), "with_langchain"),
            (_AUTOGEN, "with_autogen"),
        )
    ),
    *(
        Bug(
            "B10",
            *library,
            "keep-alives reset the time-out, so a stream without content hangs",
            ("langchain-ai/langchain#36964", "anthropics/anthropic-sdk-typescript#867"),
            apps,
            "streams_do_not_hang",
        )
        for library, apps in ((_OPENAI, "with_openai"), (_ANTHROPIC, "with_anthropic"))
    ),
    Bug(
        "B11",
        *_OPENAI,
        "a malformed event is a JSONDecodeError, and no openai.APIError",
        ("openai/openai-python#2960",),
        "with_openai",
        "falls_back",
    ),
    Bug(
        "B12",
        *_PYDANTIC_AI,
        "FallbackModel covers the opening of a stream only",
        ("pydantic/pydantic-ai#4953", "pydantic/pydantic-ai#4140", "pydantic/pydantic-ai#2899"),
        "with_pydantic_ai",
        "falls_back",
    ),
    Bug(
        "B13",
        *_PYDANTIC_AI,
        "the SDK's hidden retries come before FallbackModel sees a 429",
        ("pydantic/pydantic-ai#3267",),
        "with_pydantic_ai",
        "retries_stay_under",
    ),
    *(
        Bug(
            "B14",
            *_PYDANTIC_AI,
            f"{what} is UnexpectedModelBehavior, and FallbackModel does not fall back",
            ("pydantic/pydantic-ai#2837",),
            "with_pydantic_ai",
            "falls_back",
            variant,
        )
        for what, variant in (("an empty answer", "EMPTY"), ("a web page", "HTML"))
    ),
    Bug(
        "B16",
        *_LANGCHAIN_CORE,
        "with_fallbacks() covers the first chunk of a stream only",
        ("langchain-ai/langchain#16055", "langchain-ai/langchainjs#6026"),
        "with_langchain",
        "falls_back",
    ),
    Bug(
        "B17",
        *_LANGCHAIN_CORE,
        "with_retry() and the SDK's retries multiply: nine requests for one answer",
        ("mpfaffenberger/code_puppy#317", "BerriAI/litellm#7130"),
        "with_langchain",
        "retries_stay_under",
        "RETRIES",
    ),
    Bug(
        "B17",
        *_LANGCHAIN_CORE,
        "with_retry() retries a refused key, too",
        ("mpfaffenberger/code_puppy#317",),
        "with_langchain",
        "auth_failures_are_not_hammered",
        "LOGIN",
    ),
    Bug(
        "B18",
        *_LANGCHAIN_CORE,
        "with_retry() does nothing for stream()",
        ("langchain-ai/langchainjs#8686",),
        "with_langchain",
        "stays_available",
    ),
    Bug(
        "B19",
        *_LANGCHAIN,
        "ToolRetryMiddleware repeats a payment whose acknowledgement came too late",
        ("langchain-ai/langchain#40686",),
        "with_langchain",
        "side_effects_happen_once",
    ),
    Bug(
        "B20",
        *_AGNO,
        "Agent(retries=...) repeats the whole run, and a tool that had succeeded with it",
        ("agno-agi/agno#10366",),
        "with_agno",
        "side_effects_happen_once",
    ),
    Bug(
        "B21",
        *_AGNO,
        "Model(retries=...) does nothing for a stream without any text",
        ("agno-agi/agno#8952",),
        "with_agno",
        "answers_are_whole",
    ),
    Bug(
        "B22",
        *_GOOGLE,
        "the time to wait stands in the body of a 429 and is not read",
        ("googleapis/python-genai#1875", "googleapis/python-genai#2114"),
        "with_google_genai",
        "honours_retry_after",
    ),
    Bug(
        "B23",
        "tenacity",
        "9.1.4",
        "@retry on an async generator does nothing",
        ("jd/tenacity#63",),
        "with_breakers",
        "stays_available",
    ),
    Bug(
        "B24",
        "circuitbreaker",
        "2.1.3",
        "half open lets every waiting call through at once",
        ("App-vNext/Polly#216", "Skyscanner/pyfailsafe#31"),
        "with_breakers",
        "probes_with_one_request",
    ),
    Bug(
        "B25",
        *_PYBREAKER,
        "a breaker around a coroutine function never opens",
        ("danielfm/pybreaker#59",),
        "with_breakers",
        "stops_calling",
        "ASYNC",
    ),
    Bug(
        "B25",
        *_PYBREAKER,
        "the default breaker opens for everybody when one user's questions are refused",
        ("letta-ai/letta-code#725",),
        "with_breakers",
        "stays_available",
        "REQUESTS",
    ),
    Bug(
        "B26",
        *_LLAMA_INDEX,
        "max_retries is applied twice: twelve requests for one answer",
        ("run-llama/llama_index#13826", "run-llama/llama_index#21559"),
        "with_llama_index",
        "retries_stay_under",
    ),
    Bug(
        "B27",
        *_ANTHROPIC,
        "waits that the server asks for have no jitter: all come back in one instant",
        ("NousResearch/hermes-agent#109234",),
        "with_anthropic",
        "backs_off",
    ),
    Bug(
        "B28",
        *_OPENAI,
        "a time-out is retried, so timeout=10 means half a minute",
        ("obra/lace#370", "pydantic/pydantic-ai#1928"),
        "with_openai",
        "never_waits_past",
    ),
    Bug(
        "B29",
        *_AGNO,
        "the text of an error becomes the run's content, without any exception",
        ("lsdefine/GenericAgent#753",),
        "with_agno",
        "answers_are_whole",
    ),
    Bug(
        "B30",
        *_GOOGLE,
        "nothing is retried unless one asks for it",
        ("googleapis/python-genai#336",),
        "with_google_genai",
        "stays_available",
    ),
    Bug(
        "B31",
        *_ANTHROPIC,
        "max_retries covers a 529, and not the same overload where a stream says it",
        ("anthropics/anthropic-sdk-python#1258",),
        "with_anthropic",
        "retries_cover",
    ),
    Bug(
        "B32",
        *_ANTHROPIC,
        "the arguments of a tool call that broke off are read as if they were whole",
        ("langchain-ai/langchain#39275", "cline/cline#13001"),
        "with_anthropic",
        "acts_on_whole_tool_calls",
    ),
    *BUGS_OF_FIELD_TRIALS,
)

UNSEEN = (
    Unseen(
        "B15",
        *_LANGCHAIN_CORE,
        "a stream without any chunk is taken for a failure, or is a RuntimeError",
        ("langchain-ai/langchain#38892",),
        "with a vendor's model no reply makes such a stream: an empty answer is some chunks long, "
        "and an empty body an error. Where an app drops empty chunks, to fall back is what "
        "`falls_back` asks for.",
    ),
)

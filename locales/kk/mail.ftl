# Хаттар

mail-greeting = Құрметті { $name }!
mail-greeting-nobody = Сәлеметсіз бе!
mail-footer = Хат автоматты түрде жіберілді, оған жауаптар оқылмайды. Паспорт нөмірін немесе құпиясөзді ешқашан поштамен жібермеңіз.
mail-fact-reference = Өтінім нөмірі
mail-fact-when = Қашан
mail-fact-programme = Бағдарлама
mail-fact-batch = Топ
mail-fact-number = Рұқсат нөмірі
mail-fact-validity = Жарамды
mail-fact-document = Жол жүру құжаты
mail-fact-authority = Орган
mail-fact-address = Мекенжайы
mail-validity = { $from } бастап { $until } дейін
mail-questions = Орган не сұрайды
mail-grounds = Негіздер
mail-words = Органның сөзі
mail-conditions = Кіру шарттары
mail-order-first-come = Орындар өтінім берілген кезекпен беріледі.
mail-order-ranked = Орындар санат пен жоба басымдығының ұпайлары бойынша, одан кейін берілген кезекпен беріледі.
mail-order-ballot = Орындар жеребе ретімен беріледі. Жеребені кез келген адам тексере алады.

mail-confirm-address-subject = Электрондық поштаңызды растаңыз
mail-confirm-address-what = Біреу (сіз деп ойлаймыз) осы мекенжайға есептік жазба ашты. Мекенжайды растап, құпиясөз таңдау үшін төмендегі бетті ашыңыз.
mail-confirm-address-next = Сілтеме бір рет, { $until } дейін жұмыс істейді. Бұл сіз болмасаңыз, ештеңе істемеңіз: сілтемесіз есептік жазбаны пайдалану мүмкін емес.
mail-confirm-address-button = Растау және құпиясөз таңдау

mail-reset-password-subject = Жаңа құпиясөз таңдаңыз
mail-reset-password-what = Біреу (сіз деп ойлаймыз) осы мекенжайға жаңа құпиясөз сұрады немесе екінші есептік жазба ашпақ болды. Жаңа құпиясөз таңдау үшін төмендегі бетті ашыңыз.
mail-reset-password-next = Сілтеме бір рет, { $until } дейін жұмыс істейді. Бұл сіз болмасаңыз, ештеңе істемеңіз: құпиясөз өзгермейді.
mail-reset-password-button = Жаңа құпиясөз таңдау

mail-password-changed-subject = Құпиясөзіңіз өзгертілді
mail-password-changed-what = Есептік жазбаңыздың құпиясөзі өзгертілді: { $at }. Бұрынғы сеанстардың бәрі аяқталды.
mail-password-changed-next = Мұны өзіңіз жасасаңыз, ештеңе істеудің қажеті жоқ. Бұл сіз болмасаңыз, төмендегі бетті бірден ашып, жаңа құпиясөз қойыңыз: құпиясөзді өзгерткен адамның сеансы аяқталады. Хаттарыңызды басқалар оқи алса, алдымен пошта жәшігінің құпиясөзін өзгертіңіз.
mail-password-changed-button = Жаңа құпиясөз таңдау
mail-sponsorship-requested-subject = Ұйымыңыз демеуші деп көрсетілді
mail-sponsorship-requested-what = { $requests } өтінімде { $sponsor } демеуші деп көрсетілген, олар жауабыңызды күтуде.
mail-sponsorship-requested-next = Тек ұйымыңыз жіберетін немесе қабылдайтын адамдарға келісіңіз: әр орын ұйымыңыздың шегіне есептеледі. Бұл хат күніне бір реттен жиі жіберілмейді.
mail-sponsorship-requested-button = Сұрауларды көру

mail-sponsorship-accepted-subject = Демеуші келісті: { $reference } өтінімі
mail-sponsorship-accepted-what = { $sponsor } өтініміңізге демеуші болуға келісті. Ол да өтінімді оқып, өзгерте алады.
mail-sponsorship-accepted-next = Не істеу керек: форманы толтырып, өтінімді жіберіңіз.
mail-sponsorship-accepted-button = Өтінімге өту

mail-sponsorship-declined-subject = Демеуші бас тартты: { $reference } өтінімі
mail-sponsorship-declined-what = { $sponsor } өтініміңізге демеуші болудан бас тартты.
mail-sponsorship-declined-next = Не істеу керек: басқа демеушіні көрсетіңіз немесе өрісті бос қалдырыңыз. Өтінімнің қалғаны өзгермейді.
mail-sponsorship-declined-button = Өтінімге өту

mail-received-subject = Қабылданды: { $reference } өтінімі
mail-received-what = Өтініміңіз қабылданды. Қазір оны { $authority } қарап жатыр.
mail-received-next = Әрі қарай: орган бұл кезеңді { $until } дейін аяқтауды көздейді. Қазір ештеңе істеудің қажеті жоқ; әр өзгеріс туралы жазамыз.
mail-received-button = Күйін көру

mail-information-requested-subject = Қосымша мәлімет керек: { $reference } өтінімі
mail-information-requested-what = { $authority }: өтінімді қарауды жалғастыру үшін қосымша мәлімет керек.
mail-information-requested-next = { $until } дейін жауап беріңіз. Осы мерзімге дейін сауалнама мен құжаттарды өзгертуге болады. Жауап болмаса, өтінім күшін жояды.
mail-information-requested-button = Жауап беру

mail-waitlisted-subject = Күту тізімінде: { $reference } өтінімі
mail-waitlisted-what = Қазір «{ $batch }» тобында бос орын жоқ, сондықтан өтініміңіз күтіп тұр.
mail-waitlisted-line = Кезектегі орныңыз: { $place }. { $order }
mail-waitlisted-what-draw = { $batch } орындары жеребемен беріледі, өтініміңіз оған қатысады.
mail-waitlisted-draw = Жеребе топ өтінімдерге жабылғанда тасталады. Оған дейін ешкімде орын да, кезек те жоқ.
mail-waitlisted-next = Орын босаса, өтінім өзі жалғасады және біз сізге жазамыз. { $until } дейін орын босамаса, ол күшін жояды.
mail-waitlisted-button = Күйін көру

mail-approved-subject = Мақұлданды: { $reference } өтінімі
mail-approved-what = Өтініміңіз мақұлданды, сапарға рұқсат берілді.
mail-approved-passport = Рұқсат жоғарыдағы құжатқа байланыстырылған. Паспорт ауысса, жаңа өтінім керек.
mail-approved-border = Шекарада құжаттарыңызды сұрауы мүмкін. Бұл рұқсат кіру құқығын бермейді: шешімді шекара қызметі қабылдайды.
mail-approved-next = Не істеу керек: рұқсат бетін басып шығарыңыз немесе сақтаңыз және жарамдылық мерзімінде сапар шегіңіз. Бармайтын болсаңыз, орын басқаға тиюі үшін рұқсатты қайтарыңыз.
mail-approved-button = Рұқсатты көру

mail-refused-subject = Бас тартылды: { $reference } өтінімі
mail-refused-what = { $authority }: өтініміңізден бас тартылды.
mail-refused-next = { $until } дейін органның жоғарыдағы мекенжайына жазбаша шағымдана аласыз. Өтінім нөмірін көрсетіңіз.
mail-refused-button = Шешімді көру

mail-withdrawn-subject = Қайтарып алынды: { $reference } өтінімі
mail-withdrawn-what = Өтініміңіз сұрау бойынша қайтарып алынды. Оның орны басқаларға бос.
mail-withdrawn-next = Ештеңе істеудің қажеті жоқ. Топ ашық кезде қайта өтінім бере аласыз.
mail-withdrawn-button = Өтінімді көру

mail-revoked-subject = Күші жойылды: { $reference } өтінімі бойынша рұқсат
mail-revoked-what = { $authority }: сапарға рұқсатыңыздың күші жойылды. Енді онымен сапар шегуге болмайды.
mail-revoked-next = { $until } дейін органның жоғарыдағы мекенжайына жазбаша шағымдана аласыз. Өтінім нөмірін көрсетіңіз.
mail-revoked-button = Шешімді көру

mail-journey-ending-subject = Сапар мерзімі аяқталып келеді: { $reference } өтінімі
mail-journey-ending-what = Өтініміңіз бойынша әлі шешім жоқ, ал кету күніңіз жақындап қалды.
mail-journey-ending-next = { $until } күнін қоса алғанда шешім қабылданбаса, өтінім шешімсіз аяқталады. Сапар кейінірек қажет болса, өтінімді қайтарып алып, топ ашық кезде жаңа күндермен қайта беріңіз.
mail-journey-ending-button = Өтінімді көру

mail-lapsed-subject = Күшін жойды: { $reference } өтінімі
mail-lapsed-what = Мерзімі өткендіктен өтініміңіз аяқталды.
mail-lapsed-next = Ештеңе істеудің қажеті жоқ. Сапар әлі қажет болса, топ ашық кезде қайта өтінім беріңіз.
mail-lapsed-button = Өтінімді көру
